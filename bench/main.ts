import { auth } from './auth.bench';
import type { Benchmark } from './benchmark';
import { events } from './events.bench';
import { gtf } from './gtf.bench';
import { ledger } from './ledger.bench';
import { otp } from './otp.bench';
import { satusehat } from './satusehat.bench';
import { startup } from './startup.bench';
import { streams } from './streams.bench';

/** `npm run bench [-- name …]`: every benchmark, or the named ones, each against its yardstick in the same run. */
const benchmarks: readonly Benchmark[] = [startup, auth, otp, gtf, ledger, events, streams, satusehat];

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no benchmark ${unknown.join(', ')}. There are: ${benchmarks.map(({ name }) => name).join(', ')}.\n`,
    );
    process.exit(1);
  }
  for (const benchmark of benchmarks.filter(({ name }) => names.length === 0 || names.includes(name))) {
    process.stdout.write(`\n${benchmark.title}  (npm run bench -- ${benchmark.name})\n`);
    await benchmark.run((line) => process.stdout.write(`  ${line}\n`));
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : 'unknown error'}\n`);
    process.exit(1);
  },
);
