import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** Loads what is written in TypeScript; undefined where the packages that make that possible are left out, as in production. */
export function load(file) {
  try {
    require('tsx/cjs');
  } catch {
    return undefined;
  }
  return require(file);
}

/** Runs a program of dist/ with this process's arguments, compiled anew where that is possible and needed; its exit code is ours. */
export async function run(name, env) {
  await load('./build.ts')?.buildWhenStale();
  const program = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
  if (!existsSync(program)) {
    console.error(`dist/${name}.js is missing: run "npm ci && npm run build" first.`);
    process.exit(1);
  }
  const child = spawn(process.execPath, [program, ...process.argv.slice(2)], { env, stdio: 'inherit' });
  child.once('exit', (code) => (process.exitCode = code ?? 1));
}
