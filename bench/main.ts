import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { auth } from './auth.bench';
import { type Benchmark, type Figure, holds } from './benchmark';
import { events } from './events.bench';
import { gtf } from './gtf.bench';
import { ledger } from './ledger.bench';
import { load } from './load.bench';
import { mail } from './mail.bench';
import { otp } from './otp.bench';
import { pool } from './pool.bench';
import { processes } from './processes.bench';
import { satusehat } from './satusehat.bench';
import { startup } from './startup.bench';
import { streams } from './streams.bench';
import { lineOf, type Measured, surroundingsOf, tableOf } from './table';

/** `npm run bench [-- name …]`: every benchmark, or the named ones, each against its yardstick in the same run. */
const benchmarks: readonly Benchmark[] = [
  ...[startup, auth, otp, mail, gtf, ledger, events, streams, satusehat, load, pool, processes],
];
/** The figures of each benchmark’s last run. */
const FILE = 'docs/generated/bench.md';

const HEAD = `# Figures

Written by \`npm run bench\`, each section by the last run of its benchmark. Ours and the yardstick are measured in turn in the same run:
the ratio holds on other machines, the absolute figures do not. What each means and does not:
[the guide](../guides/proof/figures.md).

`;

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no benchmark ${unknown.join(', ')}. There are: ${benchmarks.map(({ name }) => name).join(', ')}.\n`,
    );
    process.exit(1);
  }
  const chosen = benchmarks.filter(({ name }) => names.length === 0 || names.includes(name));
  const measured: Measured[] = [];
  for (const benchmark of chosen) measured.push(await measure(benchmark));
  const figures = measured.flatMap((one) => one.figures);
  const judged = figures.filter(({ floor }) => floor !== undefined);
  const held = judged.filter((figure) => holds(figure) === true).length;
  const table = tableOf(measured);
  say(`\n${table}\n\n${figures.length} figures, ${judged.length} floors: ${held} hold`);
  writeFileSync(FILE, document(measured));
  say(`wrote ${FILE}`);
}

async function measure(benchmark: Benchmark): Promise<Measured> {
  const { name, title } = benchmark;
  say(`\n${title}  (npm run bench -- ${name})`);
  const figures: Figure[] = [];
  await benchmark.run({
    figure: (figure) => {
      figures.push(figure);
      say(`  ${lineOf(figure)}`);
    },
    note: (line) => say(`  ${line}`),
  });
  return { benchmark: name, figures };
}

/** What was not measured now stays as it was. */
function document(measured: readonly Measured[]): string {
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8').split(/^(?=## )/m) : [];
  const sections = benchmarks.map(({ name, title }) => {
    const one = measured.find(({ benchmark }) => benchmark === name);
    if (one === undefined) return before.find((section) => section.startsWith(`## ${name}\n`)) ?? '';
    return `## ${name}\n\n${title}.\n\n${surroundingsOf()}\n\n${tableOf([one])}\n\n`;
  });
  return `${HEAD}${sections.join('').trimEnd()}\n`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : 'unknown error'}\n`);
    process.exit(1);
  },
);
