// `npm run test:mutation [-- <Stryker's arguments>]`: Stryker, then the report with a reason for each change that no test noticed.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { reasonOf } from './survivors.mjs';

const stryker = join(
  dirname(createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json')),
  'bin/stryker.js',
);
const REPORT = 'docs/generated/mutation.md';
const given = process.argv.slice(2);
const run = spawnSync(process.execPath, [stryker, 'run', 'test/mutation/stryker.config.mjs', ...given], {
  stdio: 'inherit',
});
if (run.status === null) process.exit(1);

const { files } = JSON.parse(readFileSync('node_modules/.cache/mutation.json', 'utf8'));
const subjects = Object.entries(files).map(([file, { source, mutants }]) => {
  const judged = mutants.filter(({ status }) => status !== 'Ignored' && status !== 'CompileError');
  const survivors = judged
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ location, mutatorName, replacement }) => {
      const line = source.split('\n')[location.start.line - 1].trim();
      return { file, line, mutator: mutatorName, replacement, at: location.start.line };
    });
  return { file, mutants: judged.length, survivors };
});
const mutants = subjects.reduce((sum, subject) => sum + subject.mutants, 0);
const survivors = subjects.flatMap((subject) => subject.survivors);
const unexplained = survivors.filter((survivor) => reasonOf(survivor) === undefined);
const score = (all, survived) => `${(((all - survived) / all) * 100).toFixed(0)} %`;
const code = (text) =>
  `\`${text.replaceAll('`', "'").replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').slice(0, 110)}\``;

const report = `# Mutations

Written by \`npm run test:mutation\`. What it shows and does not: [the guide](../guides/proof/mutations.md).

| file | changes | noticed | score |
| ---- | ------- | ------- | ----- |
${subjects.map(({ file, mutants: all, survivors: left }) => `| ${file} | ${all} | ${all - left.length} | ${score(all, left.length)} |`).join('\n')}
| all | ${mutants} | ${mutants - survivors.length} | ${score(mutants, survivors.length)} |

## What no unit test noticed, and why that is so

| where | the line | changed to | why |
| ----- | -------- | ---------- | --- |
${survivors.map((one) => `| ${one.file}:${one.at} | ${code(one.line)} | ${code(one.replacement ?? '')} | ${reasonOf(one) ?? '**unexplained**'} |`).join('\n')}
`;

if (given.length === 0) writeFileSync(REPORT, report);
for (const { file, at, line, replacement } of unexplained)
  console.log(`unexplained: ${file}:${at} ${line} -> ${replacement}`);
const holds = run.status === 0 && unexplained.length === 0;
console.log(
  `${mutants - survivors.length} of ${mutants} changes noticed (${score(mutants, survivors.length)}), ${survivors.length} not, ${unexplained.length} of them unexplained`,
);
process.exitCode = holds ? 0 : 1;
