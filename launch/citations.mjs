// Every document that a comment cites is in the repository, with the section that is named (`npm run check`).
import { basename } from 'node:path';
import { linesOf, reportLines, tracked } from './repository-lines.mjs';

const CITING = ['src', 'lab', 'launch', 'test', 'bench', 'migrations', 'client', 'console', 'examples'];
const CITATION =
  /\b(?:([a-z][a-z0-9-]*)\.md\b(?!\.\w|\()|(contract\b(?= ?§)|house (?:rule|§)))((?:[`,]? ?(?:and )?§ ?\d+(?:\.\d+)?)*)/g;

/** The sections of a document: its numbered headings, and the numbered rows and items below each. */
function sectionsOf(file) {
  const sections = new Set();
  let heading = '';
  for (const line of linesOf(file)) {
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

reportLines(
  tracked(...CITING).filter((name) => /\.(ts|tsx|mjs|sql|css|html)$/.test(name)),
  (line) => {
    const problems = [];
    for (const [cited, document, word, numbers] of line.matchAll(CITATION)) {
      const paths = documents.get(document ?? word);
      if (paths === undefined) problems.push(`cites ${cited}, which is not in the repository`);
      for (const [, number] of numbers.matchAll(/§ ?(\d+(?:\.\d+)?)/g))
        if (paths?.every((path) => !sectionsOf(path).has(number)))
          problems.push(`cites §${number} of ${paths.join(', ')}, which has no such section`);
    }
    for (const [, number] of line.matchAll(/\bADR (\d{4})\b/g))
      if (!decisions.has(number)) problems.push(`cites ADR ${number}, which is not in docs/adr`);
    return problems;
  },
);
