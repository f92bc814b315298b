import './node-version';
import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { EnvFileOrder, Misunderstood, USAGE } from './env-file-order';
import { ConfigurationError, processEnvironment } from './platform/config';

/** sysexits.h: the command was not understood; something is wrong with the configuration that is there. */
const [EX_USAGE, EX_CONFIG] = [64, 78];

/** `npm run init`: writes `.env` for a business unit, or prints a further one's lines. */
function main(args: readonly string[]): void {
  const order = EnvFileOrder.of(args, processEnvironment());
  if (order.isFurtherUnit) process.stdout.write(order.text());
  else {
    writeFileSync('.env', order.text(), { flag: 'wx', mode: 0o600 });
    process.stdout.write(
      `.env is written for ${order.unit} and the partners' ${order.env}, readable by this account alone.\n` +
        'Fill in what is empty there, and what is commented and needed; "npm run doctor" says what is missing.\n',
    );
  }
}

/** Says why nothing was written; the exit code. */
function report(error: unknown): number {
  if (error instanceof Misunderstood) {
    process.stderr.write(`${error.message}.\n${USAGE}`);
    return EX_USAGE;
  }
  if (error instanceof ConfigurationError) {
    process.stderr.write(`${error.problems.join('\n')}\n`);
    return EX_CONFIG;
  }
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  const exists = '.env is there already, and nothing was written. A further unit: --print.\n';
  process.stderr.write(code === 'EEXIST' ? exists : `.env cannot be written (${code}).\n`);
  return 1;
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}
