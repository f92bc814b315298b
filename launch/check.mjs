// `npm run check [-- --without-tests]`: what a reviewer should not have to look for. One line a step; the output of those
// that fail.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tool = (name) => join(root, 'node_modules', '.bin', name);

/** Longest first, so that nobody waits for the last one alone. */
const steps = [
  { name: 'lint', command: [tool('eslint'), '.'] },
  { name: 'unit tests', command: [tool('jest'), '--selectProjects', 'unit', '--maxWorkers=1'] },
  { name: 'generated files', command: [process.execPath, 'launch/generate.mjs', '--check'] },
  { name: 'types', command: [tool('tsc'), '--noEmit'] },
  { name: 'types of the client', command: [tool('tsc'), '-p', 'client'] },
  {
    name: 'walls',
    command: [
      tool('depcruise'),
      'src',
      'lab',
      'launch',
      'test',
      'bench',
      'client',
      'console/src',
      'examples/onboarding/src',
    ],
  },
  { name: 'types of the console', command: [tool('tsc'), '-p', 'console'] },
  { name: 'types of the example', command: [tool('tsc'), '-p', 'examples/onboarding'] },
  { name: 'dead code', command: [tool('knip'), '--no-progress'] },
  { name: 'citations', command: [process.execPath, 'launch/citations.mjs'] },
  { name: 'document (redocly)', command: [tool('redocly'), 'lint', 'openapi.json'] },
  { name: 'document (spectral)', command: [tool('spectral'), 'lint', 'openapi.json'] },
  { name: 'words', command: [process.execPath, 'launch/words.mjs'] },
  { name: 'format', command: [tool('prettier'), '--check', '--log-level=warn', '.'] },
];

/** @returns {Promise<boolean>} Whether the step holds. */
function run({ name, command: [program, ...parameters] }) {
  const startedAt = performance.now();
  const said = [];
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const child = spawn(program, parameters, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk) => said.push(chunk));
  child.stderr.on('data', (chunk) => said.push(chunk));
  child.on('error', (error) => said.push(Buffer.from(error.message)));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
      if (code !== 0) console.log(Buffer.concat(said).toString('utf8').trimEnd().replace(/^/gm, '     '));
      resolve(code === 0);
    });
  });
}

const waiting = steps.filter(
  ({ name }) => name !== 'unit tests' || !process.argv.includes('--without-tests'),
);
const results = [];

async function work() {
  for (let step = waiting.shift(); step; step = waiting.shift()) results.push(await run(step));
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
const failed = results.filter((holds) => !holds).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
