import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LaunchError } from './launch-error';
import { canEnter, postgresAccount } from './postgres-account';
import type { Account } from './postgres-account';
import { usableBinaries } from './postgres-binaries';

/** Where root keeps what PostgreSQL's account cannot reach because a folder above admits only root. */
const rootsHome = '/var/lib/kyc-gateway';

/** The database's superuser; only the launcher logs in as it. */
export const superuser = 'launcher';

export interface PostgresHome {
  account: Account;
  /** Holds `bin/initdb` and `bin/postgres`. */
  binaries: string;
  /** PostgreSQL's data directory. */
  cluster: string;
}

/**
 * Settles who runs PostgreSQL, from which binaries and on which folder: `<dataDir>/postgres`. Where root starts it below a
 * folder that other accounts may not enter (root's own home, say), `<dataDir>/postgres` is a link into `/var/lib/kyc-gateway`.
 *
 * @param notice Told, in one line, when something is kept outside the data folder.
 */
export function postgresHome(dataDir: string, notice: (line: string) => void): PostgresHome {
  const place = join(dataDir, 'postgres');
  const linked = lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  const present = linked ? readlinkSync(place) : place;
  const account = postgresAccount(present);
  const reachable = linked || account.ids === null || canEnter(account, dataDir);
  const cluster = reachable ? present : moveOutside(place, account);
  if (cluster !== place)
    notice(`PostgreSQL's account cannot enter ${dataDir}; its data is kept in ${cluster}.`);
  return { account, cluster, binaries: usableBinaries(account, account.ids === null ? dataDir : rootsHome) };
}

function moveOutside(place: string, account: Account): string {
  if (existsSync(place)) {
    throw new LaunchError(
      `PostgreSQL must run as ${account.name}, which cannot enter ${dirname(place)} any more: ` +
        'make every folder above it enterable (chmod o+x), or set DATA_DIR to another folder.',
    );
  }
  if (mkdirSync(rootsHome, { recursive: true }) !== undefined) chmodSync(rootsHome, 0o755);
  const cluster = join(rootsHome, randomUUID());
  symlinkSync(cluster, place);
  return cluster;
}

/**
 * Creates the data directory when there is none. An interrupted creation leaves nothing that looks finished: the directory
 * takes its name when it is complete.
 *
 * @param durable False saves the time of flushing to disk, for data that is thrown away.
 */
export function initialiseCluster(home: PostgresHome, superuserPassword: string, durable: boolean): void {
  const { account, binaries, cluster } = home;
  if (existsSync(join(cluster, 'PG_VERSION'))) return;
  const draft = `${cluster}.new`;
  const passwordFile = `${cluster}.password`;
  removeLeftovers(cluster);
  try {
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(passwordFile, superuserPassword, { mode: 0o600 });
    if (account.ids) {
      chownSync(draft, account.ids.uid, account.ids.gid);
      chownSync(passwordFile, account.ids.uid, account.ids.gid);
    }
    runInitdb(account, join(binaries, 'bin', 'initdb'), [
      `--pgdata=${draft}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      ...(durable ? [] : ['--no-sync']),
    ]);
    renameSync(draft, cluster);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

function removeLeftovers(cluster: string): void {
  rmSync(`${cluster}.new`, { recursive: true, force: true });
  if (existsSync(cluster) && readdirSync(cluster).length > 0) {
    throw new LaunchError(
      `${cluster} is not empty but holds no PostgreSQL data: move it away, or set DATA_DIR to another folder.`,
    );
  }
}

function runInitdb(account: Account, initdb: string, parameters: string[]): void {
  const run = spawnSync(initdb, parameters, {
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    ...account.ids,
  });
  if (run.status === 0) return;
  const said =
    run.error?.message ??
    run.stderr.split('\n').find((line) => line.includes('error:')) ??
    `exit ${run.status}`;
  throw new LaunchError(
    `PostgreSQL could not create its data (${said.replace(`${basename(initdb)}: error: `, '')}): ` +
      'correct that, set DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL server.',
  );
}
