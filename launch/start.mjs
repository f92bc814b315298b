// `npm start`. Plain JavaScript, so that it runs, and says what is missing, before anything is installed.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

function giveUp(line) {
  console.error(line);
  process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  giveUp(`Node 20.19 or newer is needed; this is ${process.version}.`);

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
