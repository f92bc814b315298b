import { readFileSync } from 'node:fs';

const guide = readFileSync('docs/guides/a-code-did-not-arrive.md', 'utf8');

/** The rows of the first table under a heading, cell by cell, without the head; code marks are left out. */
export function table(heading: string): string[][] {
  const start = guide.indexOf(`${heading}\n`);
  if (start < 0) throw new Error(`the guide has no "${heading}"`);
  const lines = guide.slice(start).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const rows = lines.slice(
    first,
    lines.findIndex((line, index) => index > first && !line.startsWith('|')),
  );
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  );
}
