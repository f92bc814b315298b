import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEGABYTE = Buffer.alloc(1024 * 1024);

/** A file system of its own, which the test fills. */
export class SmallDisk {
  private constructor(private readonly folder: string) {}

  /** Whether this account may mount one. */
  static get isAllowed(): boolean {
    try {
      SmallDisk.mount(1).remove();
      return true;
    } catch {
      return false;
    }
  }

  static mount(megabytes: number): SmallDisk {
    const folder = mkdtempSync(join(tmpdir(), 'small-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], {
        stdio: 'ignore',
      });
    } catch (error) {
      rmdirSync(folder);
      throw error;
    }
    chmodSync(folder, 0o711);
    return new SmallDisk(folder);
  }

  /** A folder on it that belongs to the account. */
  folderOf({ uid, gid }: { readonly uid: number; readonly gid: number }): string {
    const folder = join(this.folder, 'postgres');
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, uid, gid);
    return folder;
  }

  /** Leaves not a byte. */
  fill(): void {
    const file = openSync(this.#filler, 'a');
    try {
      for (let size = MEGABYTE.length; size > 0;) {
        try {
          writeSync(file, MEGABYTE, 0, size);
        } catch {
          size = Math.floor(size / 2);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  remove(): void {
    execFileSync('umount', ['-l', this.folder]);
    rmSync(this.folder, { recursive: true });
  }

  get #filler(): string {
    return join(this.folder, 'filler');
  }
}
