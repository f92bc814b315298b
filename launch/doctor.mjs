// `npm run doctor`: tries what is configured against the real world. In production the environment alone counts; elsewhere what a
// running `npm start` embedded and generated is used as well.
import { load, run } from './built.mjs';
import { loadEnvFile } from './env-file.mjs';

function environment() {
  if (process.env.NODE_ENV === 'production') return process.env;
  const { openDataFolder } = load('./data-folder.ts');
  const { runningState } = load('./running-state.ts');
  const { completed } = load('./given-environment.ts');
  const state = runningState(openDataFolder(process.env.DATA_DIR ?? '.data'));
  if (state === undefined)
    console.error('No `npm start` is running from this folder: only what is configured is tried.\n');
  return completed(process.env, state?.supplied ?? {});
}

loadEnvFile();
try {
  await run('doctor', environment());
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
