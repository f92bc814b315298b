// Every document that a comment cites is in the repository, with the section that is named (`npm run check`).
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const CITING = ['src', 'lab', 'launch', 'test', 'bench', 'migrations', 'client', 'console', 'examples'];
const CITATION =
  /\b(?:([a-z][a-z0-9-]*)\.md\b(?!\.\w|\()|(contract\b(?= ?§)|house (?:rule|§)))((?:[`,]? ?(?:and )?§ ?\d+(?:\.\d+)?)*)/g;

function tracked(...paths) {
  const list = execFileSync('git', ['ls-files', '-z', '--', ...paths], { cwd: root, encoding: 'utf8' });
  return list.split('\0').filter(Boolean);
}

/** The sections of a document: its numbered headings, and the numbered rows and items below each. */
function sectionsOf(text) {
  const sections = new Set();
  let heading = '';
  for (const line of text.split('\n')) {
    const numbered = /^#+ (\d+(?:\.\d+)?)\.?(?= )/.exec(line);
    if (numbered) heading = numbered[1];
    else if (line.startsWith('#')) heading = '';
    if (heading === '') continue;
    sections.add(heading);
    for (const [, item] of line.matchAll(/(?:^|[ |])(\d{1,2})(?:\.| \|)(?= )/g))
      sections.add(`${heading}.${item}`);
  }
  return sections;
}

const documents = new Map();
for (const file of tracked('*.md')) {
  const name = basename(file, '.md');
  documents.set(name, [...(documents.get(name) ?? []), file]);
}
const decisions = new Set(tracked('docs/adr').map((file) => basename(file).slice(0, 4)));

const problems = [];
for (const file of tracked(...CITING).filter((name) => /\.(ts|tsx|mjs|sql|css|html)$/.test(name))) {
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .forEach((line, index) => {
      const place = `${file}:${index + 1}`;
      for (const [cited, document, word, numbers] of line.matchAll(CITATION)) {
        const paths = documents.get(document ?? word);
        if (paths === undefined) problems.push(`${place} cites ${cited}, which is not in the repository`);
        const known = (paths ?? []).map((path) => sectionsOf(readFileSync(join(root, path), 'utf8')));
        for (const [, number] of numbers.matchAll(/§ ?(\d+(?:\.\d+)?)/g))
          if (paths && !known.some((sections) => sections.has(number)))
            problems.push(`${place} cites §${number} of ${paths.join(', ')}, which has no such section`);
      }
      for (const [, number] of line.matchAll(/\bADR (\d{4})\b/g))
        if (!decisions.has(number)) problems.push(`${place} cites ADR ${number}, which is not in docs/adr`);
    });
}

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log('every cited document and section is there');
process.exitCode = problems.length === 0 ? 0 : 1;
