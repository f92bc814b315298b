import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, LaunchError } from './launch-error';
import { identityOf } from './process-table';

interface Owner {
  pid: number;
  /** Tells the owner from a later process that was given the same id. */
  identity: string;
  /** Where the owner's gateway answers. */
  url: string;
}

function readOwner(path: string): Owner | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

const lives = (owner: Owner): boolean => identityOf(owner.pid) === owner.identity;

/**
 * Makes this process the only launcher of a data folder until it ends, however it ends: the lock of a process that
 * runs no more is taken over.
 *
 * @param url Where this launcher's gateway will answer; shown to whoever comes second.
 * @returns Gives the folder back.
 * @throws LaunchError when another launcher runs from this folder.
 */
export function lockFolder(folder: string, url: string): () => void {
  const path = join(folder, 'launcher.lock');
  const mine: Owner = { pid: process.pid, identity: identityOf(process.pid) ?? '', url };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (;;) {
      if (tryLink(draft, path)) return () => rmSync(path, { force: true });
      const owner = readOwner(path);
      if (owner && lives(owner)) throw inUse(folder, owner);
      removeStale(path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** `link` is atomic and never shows a half-written file. */
function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Of several launchers that found the same stale lock only one moves it away; a fresh lock moved by mistake is put back. */
function removeStale(path: string): void {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  const moved = readOwner(aside);
  if (moved && lives(moved)) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function inUse(folder: string, owner: Owner): LaunchError {
  return new LaunchError(
    `A gateway already runs from ${folder} (process ${owner.pid}, ${owner.url}): use that one, stop it with Ctrl-C, ` +
      `or start this one with another DATA_DIR and PORT.`,
  );
}
