import { spawn } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './data-folder';
import { LaunchError } from './launch-error';

const product = join(projectRoot, 'dist', 'main.js');
/** A change to any of these makes `dist/` stale. */
const inputs = ['src', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'package-lock.json'];

/** Newest change in milliseconds since 1970; a folder counts too, because a deleted file shows in nothing else. */
function newestChange(path: string): number {
  const own = statSync(path);
  if (!own.isDirectory()) return path.endsWith('.spec.ts') ? 0 : own.mtimeMs;
  return Math.max(own.mtimeMs, ...readdirSync(path).map((entry) => newestChange(join(path, entry))));
}

function isStale(): boolean {
  const built = statSync(product, { throwIfNoEntry: false });
  return !built || inputs.some((input) => newestChange(join(projectRoot, input)) > built.mtimeMs);
}

/**
 * Compiles `src/` to `dist/` when something changed since the last time.
 *
 * @returns Whether there was something to do.
 * @throws LaunchError when it does not compile; what the compiler said is on stderr.
 */
export async function buildWhenStale(): Promise<boolean> {
  if (!isStale()) return false;
  const nest = require.resolve('@nestjs/cli/bin/nest.js');
  const compiler = spawn(process.execPath, [nest, 'build'], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  compiler.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  compiler.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const code = await new Promise((resolve) => compiler.once('close', resolve));
  if (code === 0) return true;
  // What a failed compilation left would look newer than its sources.
  rmSync(product, { force: true });
  process.stderr.write(`\n${Buffer.concat(said).toString('utf8')}\n`);
  throw new LaunchError('The program does not compile: correct what the compiler says above.');
}
