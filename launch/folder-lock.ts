import { readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, LaunchError } from './launch-error';
import { runningProcess } from './running-process';

const LOCK = 'launcher.lock';

interface Owner {
  pid: number;
  startedAt: string | undefined;
  /** Where the owner's gateway answers. */
  url: string;
}

/**
 * Makes this process the only launcher of a data folder until it ends, however it ends: the lock of a process that
 * runs no more is taken over. The lock is a symbolic link whose target names the owner: it appears in one step, whole.
 *
 * @param url Where this launcher's gateway will answer; shown to a second launcher.
 * @returns Gives the folder back.
 * @throws LaunchError when another launcher runs from this folder.
 */
export function lockFolder(folder: string, url: string): () => void {
  const path = join(folder, LOCK);
  const aside = `${path}.stale-${process.pid}`;
  const mine: Owner = { pid: process.pid, startedAt: runningProcess(process.pid)?.startedAt, url };
  while (!succeeds('EEXIST', () => symlinkSync(JSON.stringify(mine), path))) {
    const owner = livingOwner(path);
    if (owner !== null)
      throw new LaunchError(
        `A gateway already runs from ${folder} (process ${owner.pid}, ${owner.url}): use that one, stop it with Ctrl-C, ` +
          `or start this one with another DATA_DIR and PORT.`,
      );
    // Of several launchers that found the same stale lock only one moves it away; a fresh one moved by mistake is put back.
    if (!succeeds('ENOENT', () => renameSync(path, aside))) continue;
    if (livingOwner(aside) !== null) succeeds('EEXIST', () => symlinkSync(readlinkSync(aside), path));
    rmSync(aside);
  }
  return () => rmSync(path, { force: true });
}

/** @returns False when it fails with the code. */
function succeeds(code: string, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (errorCode(error) === code) return false;
    throw error;
  }
}

/** Whether a launcher that runs has the folder. */
export function isLocked(folder: string): boolean {
  return livingOwner(join(folder, LOCK)) !== null;
}

/** Null when there is no lock, when it names nobody, or when its owner ended. */
function livingOwner(path: string): Owner | null {
  try {
    const owner = JSON.parse(readlinkSync(path)) as Owner;
    return runningProcess(owner.pid)?.startedAt === owner.startedAt ? owner : null;
  } catch {
    return null;
  }
}
