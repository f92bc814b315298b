// `npm run check [-- --without-tests]`: what a reviewer should not have to look for. One line a step; the output of those
// that fail.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Longest first, so that nobody waits for the last one alone. */
const steps = {
  lint: 'eslint .',
  'unit tests': 'jest --selectProjects unit --maxWorkers=1',
  'generated files': 'node launch/generate.mjs --check',
  types: 'tsc --noEmit',
  'types of the client': 'tsc -p client',
  walls: 'depcruise src lab launch test bench client console/src examples/onboarding/src',
  'types of the console': 'tsc -p console',
  'types of the example': 'tsc -p examples/onboarding',
  'dead code': 'knip --no-progress',
  citations: 'node launch/citations.mjs',
  'document (redocly)': 'redocly lint openapi.json',
  'document (spectral)': 'spectral lint openapi.json',
  words: 'node launch/words.mjs',
  format: 'prettier --check --log-level=warn .',
};
if (process.argv.includes('--without-tests')) delete steps['unit tests'];

const env = {
  ...process.env,
  PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
};

/** @returns {Promise<boolean>} Whether the step holds. */
async function run([name, command]) {
  const startedAt = performance.now();
  const child = spawn(`${command} 2>&1`, {
    cwd: root,
    env,
    shell: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  if (code !== 0) console.log(said.trimEnd().replace(/^/gm, '     '));
  return code === 0;
}

const waiting = Object.entries(steps);
const results = [];

async function work() {
  for (let step = waiting.shift(); step; step = waiting.shift()) results.push(await run(step));
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
const failed = results.filter((holds) => !holds).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
