// `npm run test:mutation [-- <kind>…]`: Stryker for each file of rules, then the report with a reason for each change that no test noticed.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { KINDS, resultsOf } from './kinds.mjs';
import { REASONS, reasonOf } from './survivors.mjs';

const REPORT = 'docs/generated/mutation.md';
const FLOOR = 80;
const manifest = createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json');
const stryker = join(dirname(manifest), 'bin/stryker.js');
const given = process.argv.slice(2);
const kinds = given.length === 0 ? Object.keys(KINDS) : given;
if (kinds.some((kind) => !(kind in KINDS))) {
  console.error(`There are the kinds ${Object.keys(KINDS).join(', ')}.`);
  process.exit(2);
}

/** @returns {object[]} the changes of one file, each with what became of it */
function mutate(kind, subject) {
  const run = spawnSync(process.execPath, [stryker, 'run', 'test/mutation/stryker.config.mjs'], {
    stdio: 'inherit',
    env: { ...process.env, MUTATED: subject },
  });
  if (run.status !== 0) process.exit(1);
  const { files } = JSON.parse(readFileSync(resultsOf(subject), 'utf8'));
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.map(({ status, location, mutatorName, replacement = '' }) => {
      const { start, end } = location;
      const lines = source.split('\n').slice(start.line - 1, end.line);
      const line = lines[0].trim();
      const last = lines.length - 1;
      lines[last] = lines[last].slice(0, end.column - 1);
      lines[0] = lines[0].slice(start.column - 1);
      return {
        kind,
        file,
        at: start.line,
        line,
        text: lines.join('\n'),
        mutator: mutatorName,
        replacement,
        status,
      };
    }),
  );
}

const started = Date.now();
const mutants = kinds.flatMap((kind) => KINDS[kind].flatMap((file) => mutate(kind, file)));
const minutes = ((Date.now() - started) / 60_000).toFixed(0);

const count = (some, ...statuses) => some.filter(({ status }) => statuses.includes(status)).length;
/** Percent of those that ran; one that keeps a module from being loaded did not. */
function score(some) {
  const noticed = count(some, 'Killed', 'Timeout');
  return (noticed / (noticed + count(some, 'Survived', 'NoCoverage'))) * 100;
}
const row = (name, some) =>
  `| ${[name, some.length, count(some, 'Killed'), count(some, 'Timeout'), count(some, 'Survived'), count(some, 'NoCoverage'), count(some, 'RuntimeError', 'CompileError')].join(' | ')} | ${score(some).toFixed(1)} % |`;
const of = (name, value) => mutants.filter((mutant) => mutant[name] === value);

const survivors = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
const unexplained = survivors.filter((survivor) => reasonOf(survivor) === undefined);
const low = kinds.filter((kind) => score(of('kind', kind)) < FLOOR);
const unneeded =
  given.length === 0
    ? REASONS.filter(({ because }) => !survivors.some((one) => reasonOf(one) === because))
    : [];

const code = (text) =>
  `\`${text.replaceAll('`', "'").replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').slice(0, 110)}\``;
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
const report = `# Mutations

Written by \`npm run test:mutation\`: Stryker ${version} with Jest, Node ${process.versions.node}, ${availableParallelism()} cores, ${minutes} minutes. What it shows and does not: [the guide](../guides/proof/mutations.md).

| rules | changes | killed | timeout | survived | no coverage | did not load | score |
| ----- | ------- | ------ | ------- | -------- | ----------- | ------------ | ----- |
${kinds.map((kind) => row(kind, of('kind', kind))).join('\n')}
${row('all', mutants)}

| file | changes | killed | timeout | survived | no coverage | did not load | score |
| ---- | ------- | ------ | ------- | -------- | ----------- | ------------ | ----- |
${kinds.flatMap((kind) => KINDS[kind].map((file) => row(file, of('file', file)))).join('\n')}

## What no unit test noticed, and why that is so

| where | the line | changed to | why |
| ----- | -------- | ---------- | --- |
${survivors.map((one) => `| ${one.file}:${one.at} | ${code(one.line)} | ${code(one.replacement)} | ${reasonOf(one) ?? '**unexplained**'} |`).join('\n')}
`;

if (given.length === 0) writeFileSync(REPORT, report);
for (const { file, at, text, replacement, status } of unexplained)
  console.log(`unexplained: ${file}:${at} ${text} -> ${replacement} (${status})`);
for (const kind of low) console.log(`below ${FLOOR} %: ${kind}`);
for (const { because } of unneeded) console.log(`a reason that nothing needs: ${because}`);
console.log(
  `${kinds.map((kind) => `${kind} ${score(of('kind', kind)).toFixed(1)} %`).join(', ')}: ${count(mutants, 'Killed', 'Timeout')} of ${mutants.length} changes noticed, ${survivors.length} not, ${unexplained.length} of them unexplained`,
);
process.exitCode = low.length + unexplained.length + unneeded.length === 0 ? 0 : 1;
