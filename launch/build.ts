import { execFile } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Options, transform } from '@swc/core';
import { projectRoot } from './data-folder';
import { LaunchError } from './launch-error';

/** A folder that is made from others. */
interface Product {
  readonly folder: string;
  /** Its time tells when the folder was made. */
  readonly main: string;
  /** A change to any of these files and folders makes it stale. */
  readonly inputs: readonly string[];
  readonly make: (draft: string) => Promise<unknown>;
}

const SETTINGS = ['.swcrc', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'package-lock.json'];
const PAGE_INPUTS = ['src', 'public', 'index.html', 'vite.config.ts'];
const CLIENT_INPUTS = ['client/src', 'client/generated', 'package-lock.json'];

const PROGRAM: Product = { folder: 'dist', main: 'main.js', inputs: ['src', ...SETTINGS], make: compile };
/** The back office's page, which the gateway serves, and a person's, which the lab does. */
const PAGES = [page('console'), page('examples/onboarding')];

/**
 * Compiles `src/` to `dist/` when something changed since the last time, in a second or two and without looking at types:
 * `npm run build` makes production's `dist/`, and `npm run check` checks the types.
 *
 * @returns Whether there was something to do.
 * @throws LaunchError with what the compiler says, when it does not compile.
 */
export function buildWhenStale(): Promise<boolean> {
  return makeWhenStale(PROGRAM);
}

/** The same for pages, which Vite makes. */
export async function buildPagesWhenStale(): Promise<boolean> {
  let built = false;
  for (const page of PAGES) built = (await makeWhenStale(page)) || built;
  return built;
}

/** The new folder takes the place of the old one when it is complete, so that others may use it, or make it too, meanwhile. */
async function makeWhenStale({ folder, main, inputs, make }: Product): Promise<boolean> {
  const product = join(projectRoot, folder);
  const made = statSync(join(product, main), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (inputs.every((input) => newestChange(join(projectRoot, input)) <= made)) return false;
  const startedAt = new Date(); // what is saved while a compiler runs is newer than its product
  const draft = join(projectRoot, 'node_modules', '.cache', `${folder.replaceAll('/', '-')}-${process.pid}`);
  try {
    await make(draft);
    utimesSync(join(draft, main), startedAt, startedAt);
    if (existsSync(product)) renameSync(product, `${draft}.old`);
    renameSync(draft, product);
  } finally {
    for (const leftover of [draft, `${draft}.old`]) rmSync(leftover, { recursive: true, force: true });
  }
  return true;
}

/** Newest change in milliseconds since 1970; a folder counts too, because a deleted file shows in nothing else. */
function newestChange(path: string): number {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  const paths = [path, ...(isFolder ? filesIn(path).map((file) => join(path, file)) : [])];
  return Math.max(...paths.map((one) => statSync(one, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

/** Files and folders of a folder, at whatever depth, without tests. */
function filesIn(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return all.filter((file) => !file.endsWith('.spec.ts'));
}

async function compile(draft: string): Promise<void> {
  const options = JSON.parse(readFileSync(join(projectRoot, '.swcrc'), 'utf8')) as Options;
  const compileFile = async (source: string): Promise<void> => {
    const filename = join(projectRoot, 'src', source);
    const text = readFileSync(filename, 'utf8');
    const { code, map = '' } = await transform(text, {
      ...options,
      filename,
      swcrc: false,
      sourceMaps: true,
    });
    const product = join(draft, source.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(product), { recursive: true });
    writeFileSync(product, `${code}\n//# sourceMappingURL=${basename(product)}.map\n`);
    writeFileSync(`${product}.map`, map);
  };
  const sources = filesIn(join(projectRoot, 'src')).filter((file) => file.endsWith('.ts'));
  await Promise.all(sources.map(compileFile)).catch((error: unknown) => {
    throw new LaunchError(`src does not compile: ${error instanceof Error ? error.message : String(error)}`);
  });
}

function page(folder: string): Product {
  const make = async (draft: string): Promise<void> => {
    const vite = join(projectRoot, 'node_modules', 'vite', 'bin', 'vite.js');
    const parameters = [vite, 'build', '--outDir', draft, '--emptyOutDir', '--logLevel', 'error'];
    await promisify(execFile)(process.execPath, parameters, { cwd: join(projectRoot, folder) }).catch(
      (error: Error & { readonly stderr?: string }) => {
        throw new LaunchError(`${folder} does not compile: ${error.stderr ?? error.message}`);
      },
    );
  };
  const inputs = [...PAGE_INPUTS.map((input) => join(folder, input)), ...CLIENT_INPUTS];
  return { folder: join(folder, 'dist'), main: 'index.html', inputs, make };
}
