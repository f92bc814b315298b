import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

describe.each([
  ['Add a setting of a business unit', 'DISPLAY_NAME'],
  ['Map a status of GTF', 'PARTIALLY_COMPLETED'],
])('The worked example "%s" of CONTRIBUTING.md', (title, word) => {
  const [section = ''] =
    readFileSync('CONTRIBUTING.md', 'utf8').split(`## ${title}\n`)[1]?.split('\n## ') ?? [];

  it('lists the one file of the program that names it', () => {
    const listed = [...section.matchAll(/^\| `([\w/.-]+\.ts)`/gm)].map(([, file = '']) => join('src', file));
    const naming = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
      .map((name) => join('src', name))
      .filter((file) => new RegExp(`\\b${word}\\b`).test(readFileSync(file, 'utf8')));
    expect(naming).toEqual(listed);
    expect(listed).toHaveLength(1);
  });

  it('names files that exist, each with the word in it', () => {
    const named = [...section.matchAll(/`((?:src|lab|test|docs)\/[\w/.-]+)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((path) => !readFileSync(path, 'utf8').includes(word))).toEqual([]);
  });
});
