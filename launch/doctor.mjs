// `npm run doctor`: tries what is configured against the real world. In production the environment alone counts; elsewhere what a
// running `npm start` embedded and generated is used as well.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadEnvFile } from './env-file.mjs';

const require = createRequire(import.meta.url);
const program = fileURLToPath(new URL('../dist/doctor.js', import.meta.url));

async function environment() {
  if (process.env.NODE_ENV === 'production') return process.env;
  require('tsx/cjs');
  await require('./build.ts').buildWhenStale();
  const { openDataFolder } = require('./data-folder.ts');
  const { runningState } = require('./running-state.ts');
  const { completed } = require('./given-environment.ts');
  const state = runningState(openDataFolder(process.env.DATA_DIR ?? '.data'));
  if (state === undefined)
    console.log('No `npm start` is running from this folder: only what is configured is tried.\n');
  return completed(process.env, state?.supplied ?? {});
}

loadEnvFile();
const env = await environment();
if (!existsSync(program)) {
  console.error('dist/doctor.js is missing: run "npm ci && npm run build" first.');
  process.exit(1);
}
spawn(process.execPath, [program], { env, stdio: 'inherit' }).once('exit', (code) => {
  process.exitCode = code ?? 1;
});
