// `npm run gen [-- --check]`: writes every generated file, or only says which ones are stale.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
require('tsx/cjs');
const { buildWhenStale } = require('./build.ts');

/** What a program prints becomes the file; later ones may read the files of earlier ones. */
const generators = [
  { file: 'openapi.json', command: ['dist/openapi.js'] },
  {
    file: 'client/generated/api.ts',
    command: ['node_modules/openapi-typescript/bin/cli.js', 'openapi.json'],
  },
  { file: 'docs/generated/environment.md', command: ['dist/environment-reference.js'] },
  { file: 'docs/generated/environment.schema.json', command: ['dist/environment-reference.js', 'schema'] },
  { file: 'docs/generated/alarms.md', command: ['dist/alarm-reference.js'] },
  { file: 'deploy/prometheus/alerts.yml', command: ['dist/alarm-reference.js', 'rules'] },
  { file: 'docs/generated/submission-states.md', command: ['dist/submission-states.js'] },
];

const root = fileURLToPath(new URL('..', import.meta.url));
const onlyCheck = process.argv.includes('--check');

function printed(command) {
  const run = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  if (run.status === 0) return run.stdout;
  throw new Error(`"node ${command.join(' ')}" failed:\n${run.stderr}`);
}

/** @returns {boolean} Whether the file is up to date now. */
function generate({ file, command }) {
  const path = join(root, file);
  const wanted = printed(command);
  if (existsSync(path) && readFileSync(path, 'utf8') === wanted) return true;
  if (onlyCheck) {
    console.error(`${file} is stale: run "npm run gen" and commit it.`);
    return false;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, wanted);
  console.log(`wrote ${file}`);
  return true;
}

try {
  await buildWhenStale();
  const isUpToDate = generators.map(generate);
  if (isUpToDate.includes(false)) process.exitCode = 1;
  else console.log(`${generators.length} generated files are up to date`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
