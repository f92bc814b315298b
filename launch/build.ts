import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Options, transform } from '@swc/core';
import { projectRoot } from './data-folder';
import { LaunchError } from './launch-error';

const output = join(projectRoot, 'dist');
/** A change to any of these makes `dist/` stale. */
const inputs = [
  'src',
  '.swcrc',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
  'package-lock.json',
];
/** The folders of pages that Vite makes; a change to any of `pageInputs`, or to the client, makes their `dist/` stale. */
const pages = { console: 'console', onboarding: join('examples', 'onboarding') };
const pageInputs = ['src', 'public', 'index.html', 'vite.config.ts'];
const clientInputs = ['client/src', 'client/generated', 'package-lock.json'];

/** Newest change in milliseconds since 1970; a folder counts too, because a deleted file shows in nothing else. */
function newestChange(path: string): number {
  const own = statSync(path, { throwIfNoEntry: false });
  if (!own) return 0;
  if (!own.isDirectory()) return path.endsWith('.spec.ts') ? 0 : own.mtimeMs;
  return Math.max(own.mtimeMs, ...readdirSync(path).map((entry) => newestChange(join(path, entry))));
}

function isStale(product: string, sources: readonly string[]): boolean {
  const built = statSync(product, { throwIfNoEntry: false });
  return !built || sources.some((source) => newestChange(join(projectRoot, source)) > built.mtimeMs);
}

function draftFolder(name: string): string {
  return join(projectRoot, 'node_modules', '.cache', `${name}-${process.pid}`);
}

/** @param main The file whose time tells when the folder was made: what is saved while a compiler runs is newer than its product. */
function replaceFolder(folder: string, draft: string, main: string, startedAt: Date): void {
  utimesSync(join(draft, main), startedAt, startedAt);
  if (existsSync(folder)) renameSync(folder, `${draft}.old`);
  renameSync(draft, folder);
}

function removeLeftovers(draft: string): void {
  for (const leftover of [draft, `${draft}.old`]) rmSync(leftover, { recursive: true, force: true });
}

/**
 * Compiles `src/` to `dist/` when something changed since the last time, in a second or two and without looking at types:
 * `npm run build` makes production's `dist/`, and `npm run check` checks the types. The new folder takes the place of the old one
 * when it is complete, so that others may start the program, or compile it too, meanwhile.
 *
 * @returns Whether there was something to do.
 * @throws LaunchError with what the compiler says, when it does not compile.
 */
export async function buildWhenStale(): Promise<boolean> {
  if (!isStale(join(output, 'main.js'), inputs)) return false;
  const startedAt = new Date();
  const draft = draftFolder('dist');
  try {
    const options = JSON.parse(readFileSync(join(projectRoot, '.swcrc'), 'utf8')) as Options;
    await Promise.all(sources('').map((source) => compile(source, draft, options)));
    replaceFolder(output, draft, 'main.js', startedAt);
  } finally {
    removeLeftovers(draft);
  }
  return true;
}

/**
 * The same for pages: the back office's, which the gateway serves, and a person's, which the lab does.
 *
 * @returns Whether there was something to do.
 * @throws LaunchError with what Vite says, when it cannot.
 */
export async function buildPagesWhenStale(
  names = Object.keys(pages) as (keyof typeof pages)[],
): Promise<boolean> {
  let built = false;
  for (const name of names) built = (await buildPage(name)) || built;
  return built;
}

async function buildPage(name: keyof typeof pages): Promise<boolean> {
  const folder = pages[name];
  const product = join(projectRoot, folder, 'dist');
  const inputs = [...pageInputs.map((input) => join(folder, input)), ...clientInputs];
  if (!isStale(join(product, 'index.html'), inputs)) return false;
  const startedAt = new Date();
  const draft = draftFolder(name);
  const vite = join(projectRoot, 'node_modules', 'vite', 'bin', 'vite.js');
  const parameters = [vite, 'build', '--outDir', draft, '--emptyOutDir', '--logLevel', 'error'];
  try {
    await promisify(execFile)(process.execPath, parameters, { cwd: dirname(product) });
    replaceFolder(product, draft, 'index.html', startedAt);
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new LaunchError(`${folder} does not compile: ${said}`);
  } finally {
    removeLeftovers(draft);
  }
  return true;
}

/** The program's files, relative to `src/`. */
function sources(folder: string): string[] {
  return readdirSync(join(projectRoot, 'src', folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') && !path.endsWith('.spec.ts') ? [path] : [];
  });
}

async function compile(source: string, folder: string, options: Options): Promise<void> {
  const filename = join(projectRoot, 'src', source);
  const product = join(folder, source.replace(/\.ts$/, '.js'));
  try {
    const text = readFileSync(filename, 'utf8');
    const { code, map } = await transform(text, { ...options, filename, swcrc: false, sourceMaps: true });
    mkdirSync(dirname(product), { recursive: true });
    writeFileSync(product, `${code}\n//# sourceMappingURL=${basename(product)}.map\n`);
    writeFileSync(`${product}.map`, map ?? '');
  } catch (error) {
    throw new LaunchError(
      `src/${source} does not compile: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
