// `npm run test:fuzz [-- --long] [--seed=N] [<Jest arguments>]`: what nobody would think of, made from the OpenAPI document.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const given = process.argv.slice(2);
const seed = given.find((one) => /^--seed=\d+$/.test(one))?.slice('--seed='.length);
const own = ['--long', `--seed=${seed}`];
const environment = {
  ...process.env,
  FUZZ_SEED: seed ?? String(Date.now() % 2 ** 31),
  FUZZ_LONG: given.includes('--long') ? '1' : '',
};
console.log(
  `seed ${environment.FUZZ_SEED}: \`npm run test:fuzz -- --seed=${environment.FUZZ_SEED}\` repeats it`,
);
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const { status } = spawnSync(
  process.execPath,
  [jest, '--config', 'test/fuzz/jest.config.mjs', ...given.filter((one) => !own.includes(one))],
  { stdio: 'inherit', env: environment },
);
process.exitCode = status ?? 1;
