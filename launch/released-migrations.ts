import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The migrations of the newest release (`v…`) by file name; before the first one a copy of those that count as released (ADR 0027). */
export function releasedMigrations(): ReadonlyMap<string, string> {
  const tag = newestTag();
  if (tag === undefined) return migrationsOf('test/released');
  const files = git('ls-tree', '--name-only', `${tag}:migrations`).trim().split('\n');
  return new Map(files.map((file) => [file, git('show', `${tag}:migrations/${file}`)]));
}

/** The migrations of a folder by file name. */
export function migrationsOf(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  return new Map(files.sort().map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

/** The newest release; undefined before the first one, and outside of a clone. */
export function newestTag(): string | undefined {
  try {
    return git('tag', '--list', 'v*', '--sort=-version:refname').split('\n', 1)[0] || undefined;
  } catch {
    return undefined; // not a clone
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
