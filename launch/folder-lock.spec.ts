import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from './folder-lock';
import { LaunchError } from './launch-error';
import { identityOf } from './process-table';

describe('The lock of a data folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const ownedBy = (pid: number, identity: string | null): void =>
    writeFileSync(
      join(folder, 'launcher.lock'),
      JSON.stringify({ pid, identity, url: 'http://127.0.0.1:3000' }),
    );

  it('tells whoever comes second who holds the folder and where it answers', () => {
    lockFolder(folder, 'http://127.0.0.1:3000');
    const second = (): unknown => lockFolder(folder, 'http://127.0.0.1:3001');
    expect(second).toThrow(LaunchError);
    expect(second).toThrow(
      new RegExp(`process ${process.pid}, http://127\\.0\\.0\\.1:3000.*another DATA_DIR and PORT`),
    );
  });

  it('can be taken again once it was given back', () => {
    lockFolder(folder, 'http://127.0.0.1:3000')();
    lockFolder(folder, 'http://127.0.0.1:3000');
    expect(readdirSync(folder)).toEqual(['launcher.lock']);
  });

  it('is taken over from a process that runs no more', () => {
    ownedBy(2 ** 22 + 1, 'gone');
    lockFolder(folder, 'http://127.0.0.1:3000');
    expect(readFileSync(join(folder, 'launcher.lock'), 'utf8')).toContain(`"pid":${process.pid}`);
  });

  it('is taken over when the process id now belongs to another program', () => {
    ownedBy(process.ppid, 'started at some other time');
    expect(() => lockFolder(folder, 'http://127.0.0.1:3000')).not.toThrow();
  });

  it('is respected when another living process holds it', () => {
    ownedBy(process.ppid, identityOf(process.ppid));
    expect(() => lockFolder(folder, 'http://127.0.0.1:3000')).toThrow(LaunchError);
    expect(existsSync(join(folder, 'launcher.lock'))).toBe(true);
  });

  it('is taken over when a power cut left it half written', () => {
    writeFileSync(join(folder, 'launcher.lock'), '{"pid":');
    expect(() => lockFolder(folder, 'http://127.0.0.1:3000')).not.toThrow();
  });
});
