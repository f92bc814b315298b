import fs, { mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from './folder-lock';
import { LaunchError } from './launch-error';
import { runningProcess } from './running-process';

describe('The lock of a data folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const ownedBy = (pid: number, startedAt = ''): void =>
    symlinkSync(
      JSON.stringify({ pid, startedAt, url: 'http://127.0.0.1:3000' }),
      join(folder, 'launcher.lock'),
    );

  it('tells a second launcher who holds the folder and where it answers', () => {
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
    ownedBy(2 ** 22 + 1);
    lockFolder(folder, 'http://127.0.0.1:3000');
    expect(readlinkSync(join(folder, 'launcher.lock'))).toContain(`"pid":${process.pid}`);
  });

  it('is taken over when the process id now belongs to another program', () => {
    ownedBy(process.ppid, 'started at some other time');
    expect(() => lockFolder(folder, 'http://127.0.0.1:3000')).not.toThrow();
  });

  it('goes to one of several launchers that find it stale at once', () => {
    const path = join(folder, 'launcher.lock');
    ownedBy(2 ** 22 + 1);
    const { renameSync } = fs;
    const moved = jest.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
      rmSync(path);
      ownedBy(process.ppid, runningProcess(process.ppid)?.startedAt);
      renameSync(from, to);
    });
    expect(() => lockFolder(folder, 'http://127.0.0.1:3000')).toThrow(`process ${process.ppid}`);
    expect(moved).toHaveBeenCalledTimes(1);
    expect(readdirSync(folder)).toEqual(['launcher.lock']);
    moved.mockRestore();
  });

  it('is respected when another living process holds it', () => {
    ownedBy(process.ppid, runningProcess(process.ppid)?.startedAt);
    expect(() => lockFolder(folder, 'http://127.0.0.1:3000')).toThrow(LaunchError);
    expect(readdirSync(folder)).toEqual(['launcher.lock']);
  });

  it('is taken over when a file that names nobody stands in its place', () => {
    writeFileSync(join(folder, 'launcher.lock'), '{"pid":');
    expect(() => lockFolder(folder, 'http://127.0.0.1:3000')).not.toThrow();
  });
});
