// `npm run gen [-- --check]`: writes every generated file, or only says which ones are stale.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
require('tsx/cjs');
const { buildWhenStale } = require('./build.ts');

/** What a program prints becomes the file; later ones may read the files of earlier ones. */
const generators = {
  'openapi.json': 'dist/openapi.js',
  'client/generated/api.ts': 'node_modules/openapi-typescript/bin/cli.js openapi.json',
  'docs/generated/environment.md': 'dist/environment-reference.js',
  'docs/generated/environment.schema.json': 'dist/environment-reference.js schema',
  'docs/generated/alarms.md': 'dist/alarm-reference.js',
  'deploy/prometheus/alerts.yml': 'dist/alarm-reference.js rules',
  'docs/generated/submission-states.md': 'dist/submission-states.js',
};

const root = fileURLToPath(new URL('..', import.meta.url));
const onlyCheck = process.argv.includes('--check');

/** @returns {boolean} Whether the file is up to date now. */
function generate([file, program]) {
  const path = join(root, file);
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 };
  const { status, stdout, stderr } = spawnSync(process.execPath, program.split(' '), options);
  if (status !== 0) throw new Error(`"node ${program}" failed:\n${stderr}`);
  if (existsSync(path) && readFileSync(path, 'utf8') === stdout) return true;
  if (onlyCheck) {
    console.error(`${file} is stale: run "npm run gen" and commit it.`);
    return false;
  }
  writeFileSync(path, stdout);
  console.log(`wrote ${file}`);
  return true;
}

try {
  await buildWhenStale();
  const isUpToDate = Object.entries(generators).map(generate);
  if (isUpToDate.includes(false)) process.exitCode = 1;
  else console.log(`${isUpToDate.length} generated files are up to date`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
