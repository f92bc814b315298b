import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { LaunchError } from './launch-error';

/** Who PostgreSQL runs as; PostgreSQL refuses to run as root. */
export interface Account {
  name: string;
  /** Ids to change to; null when this process runs as that account already. */
  ids: { uid: number; gid: number } | null;
}

const isRoot = process.getuid?.() === 0;

function idsOf(name: string): { uid: number; gid: number } | null {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}

function ownerOf(folder: string): { uid: number; gid: number } | null {
  const stat = statSync(folder, { throwIfNoEntry: false });
  return stat ? { uid: stat.uid, gid: stat.gid } : null;
}

/**
 * An ordinary user runs PostgreSQL as themselves. Root gives it to whoever owns the data already, else to the system's
 * `postgres` account, else to `nobody`.
 */
export function postgresAccount(clusterFolder: string): Account {
  if (!isRoot) return { name: 'this account', ids: null };
  const owner = ownerOf(clusterFolder);
  if (owner && owner.uid !== 0) return { name: `user id ${owner.uid}`, ids: owner };
  for (const name of ['postgres', 'nobody']) {
    const ids = idsOf(name);
    if (ids) return { name, ids };
  }
  throw new LaunchError(
    'PostgreSQL refuses to run as root and this machine has neither a "postgres" nor a "nobody" account: ' +
      'start as an ordinary user, or set DATABASE_URL to a PostgreSQL server.',
  );
}

/** Runs a shell line as the account; the arguments arrive as `$1`, `$2`, …. The first line of what it wrote to stderr, or null when it succeeded. */
export function failureAs(account: Account, line: string, ...args: string[]): string | null {
  const run = spawnSync('/bin/sh', ['-c', line, 'sh', ...args], {
    cwd: '/',
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...account.ids,
  });
  if (run.error) return run.error.message;
  return run.status === 0 ? null : (run.stderr.split('\n')[0] ?? '');
}

export function canEnter(account: Account, folder: string): boolean {
  return failureAs(account, 'cd "$1"', folder) === null;
}
