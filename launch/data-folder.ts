import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorCode, LaunchError } from './launch-error';

/** The top of the repository. */
export const projectRoot = resolve(__dirname, '..');

/**
 * The folder of everything that `npm start` keeps: data, secrets, logs. Relative names are below the repository.
 *
 * @throws LaunchError when nothing can be written there.
 */
export function openDataFolder(name: string): string {
  const folder = resolve(projectRoot, name);
  try {
    // Root's PostgreSQL runs as another account, which has to pass through; it can neither list nor read what is here.
    if (makeFolder(folder)) chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
    const probe = join(folder, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new LaunchError(
      `Cannot write to ${folder} (${errorCode(error) ?? String(error)}): make it writable for the account that runs this, ` +
        'or set DATA_DIR to a folder that is.',
    );
  }
  return folder;
}

/** Whether it had to be made. Node's own `recursive` never returns where the system forbids new folders, as in `/proc`. */
function makeFolder(folder: string): boolean {
  if (existsSync(folder)) return false;
  makeFolder(dirname(folder));
  mkdirSync(folder);
  return true;
}
