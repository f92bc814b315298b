// `npm run init|doctor|ledger -- …`: runs the program of that name in dist/. Plain JavaScript, so that an export can be verified
// before anything is installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadEnvFile } from './env-file.mjs';
import { main as verifyExport } from './verify-ledger-export.mjs';

const require = createRequire(import.meta.url);
const [name, ...args] = process.argv.slice(2);

/** Where it can be, the program is compiled when it is stale. */
function canCompile() {
  try {
    return Boolean(require('tsx/cjs'));
  } catch {
    return false; // installed without development dependencies
  }
}

/** Of the ledger's command 1 says that the ledger is not intact. */
const FAILED = name === 'ledger' ? 2 : 1;

/** Resolves when the program ended, with its exit code as ours. */
async function run(environment) {
  const program = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
  if (!existsSync(program))
    throw new Error(`dist/${name}.js is missing: run "npm ci && npm run build" first`);
  const child = spawn(process.execPath, [program, ...args], { env: environment, stdio: 'inherit' });
  const ended = new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
  process.exitCode = (await ended) ?? FAILED;
}

if (name === 'ledger' && args[0] === 'verify' && args[1]?.startsWith('--') === false)
  process.exitCode = verifyExport(args.slice(1));
else
  try {
    loadEnvFile();
    if (canCompile()) await require('./command-environment.ts').withEnvironmentOf(name, run);
    else await run(process.env);
  } catch (error) {
    const isLedger = name === 'ledger';
    console[isLedger ? 'log' : 'error'](isLedger ? `CANNOT TELL: ${error.message}` : error.message);
    process.exitCode = FAILED;
  }
