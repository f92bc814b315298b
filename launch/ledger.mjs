// `npm run ledger -- …`. Plain JavaScript, so that an export can be verified before anything is installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadEnvFile } from './env-file.mjs';
import { main as verifyExport } from './verify-ledger-export.mjs';

const require = createRequire(import.meta.url);
const program = fileURLToPath(new URL('../dist/ledger.js', import.meta.url));
const [command, ...args] = process.argv.slice(2);

if (command === 'verify' && args[0] !== undefined && !args[0].startsWith('--')) {
  process.exitCode = verifyExport(args);
} else {
  loadEnvFile();
  if (process.env.NODE_ENV !== 'production') {
    require('tsx/cjs');
    await require('./ledger-environment.ts').withLedgerEnvironment(run);
  } else if (existsSync(program)) run(process.env);
  else {
    console.log('CANNOT TELL: dist/ledger.js is missing: run "npm ci && npm run build" first');
    process.exitCode = 2;
  }
}

/** Runs the built program; resolves when it ended, with its exit code as ours. */
function run(env) {
  const child = spawn(process.execPath, [program, ...process.argv.slice(2)], { env, stdio: 'inherit' });
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      process.exitCode = code ?? 2;
      resolve();
    });
  });
}
