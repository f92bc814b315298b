import { readlinkSync, rmSync, symlinkSync } from 'node:fs';
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
  const mine: Owner = { pid: process.pid, startedAt: runningProcess(process.pid)?.startedAt, url };
  for (;;)
    try {
      symlinkSync(JSON.stringify(mine), path);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      const owner = livingOwner(folder);
      if (owner !== null)
        throw new LaunchError(
          `A gateway already runs from ${folder} (process ${owner.pid}, ${owner.url}): use that one, stop it with Ctrl-C, ` +
            `or start this one with another DATA_DIR and PORT.`,
        );
      rmSync(path, { force: true });
    }
}

/** Whether a launcher that runs has the folder. */
export function isLocked(folder: string): boolean {
  return livingOwner(folder) !== null;
}

/** Null when there is no lock, when it names nobody, or when its owner ended. */
function livingOwner(folder: string): Owner | null {
  try {
    const owner = JSON.parse(readlinkSync(join(folder, LOCK))) as Owner;
    return runningProcess(owner.pid)?.startedAt === owner.startedAt ? owner : null;
  } catch {
    return null;
  }
}
