// `npm start`. Plain JavaScript, so that it runs, and says what is missing, before anything is installed.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadEnvFile } from './env-file.mjs';

const require = createRequire(import.meta.url);
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

function giveUp(line) {
  console.error(line);
  process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
// On glibc Linux `npm run` finds the Node.js that launch/node-runtime installs; elsewhere this is the machine's own.
if (major < 22 || (major === 22 && minor < 12))
  giveUp(
    `Node.js 22.12 or newer is needed, this is ${process.version}: run "npm ci" on glibc Linux, which installs Node.js 24 for this project, or install Node.js 24.`,
  );

loadEnvFile();

// A signal that ends npm does not always reach what npm started; without npm nobody would stop us any more.
const parent = process.ppid;
if (process.env.npm_lifecycle_event) {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 250).unref();
}

if (process.env.NODE_ENV === 'production') {
  if (!existsSync(program))
    giveUp('dist/main.js is missing: run "npm ci && npm run build" before starting in production.');
  require(program);
} else {
  try {
    require('tsx/cjs');
  } catch {
    giveUp(
      'Packages are missing: run "npm ci", or set NODE_ENV=production to run the built program without the embedded parts.',
    );
  }
  await require('./start.ts').start();
}
