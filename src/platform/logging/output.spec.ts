import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, type Log } from './log';
import { standardOutput } from './output';

describe('log lines on their way out', () => {
  let folder: string;
  let file: string;
  let fd: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'log-'));
    file = join(folder, 'log');
    fd = openSync(file, 'a');
  });
  afterEach(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  const written = (): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const messages = (): string[] => written().map((line) => (JSON.parse(line) as { msg: string }).msg);
  const arrived = async (expected: readonly string[]): Promise<void> => {
    while (messages().length < expected.length) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(messages()).toEqual(expected);
  };
  const open = (): Log => createLog('info', standardOutput(fd));

  it('leave soon, in the order they came', async () => {
    const log = open();
    log.info('one');
    log.info('two');
    await arrived(['one', 'two']);
    log.info('three');
    await arrived(['one', 'two', 'three']);
  });

  it('leave at once when there are many', async () => {
    const log = open();
    const many = Array.from({ length: 5_000 }, (_, index) => `line ${index}`);
    for (const message of many) log.info(message);
    await arrived(many);
  });

  it('say when they were written, not when they left, and what they were given', async () => {
    const now = jest.spyOn(Date, 'now').mockReturnValue(Date.UTC(2026, 10, 28, 12, 0, 0, 5));
    const log = open();
    log.warn('late', { count: 3, none: undefined, nothing: null });
    now.mockReturnValue(Date.UTC(2026, 10, 28, 12, 0, 0, 6));
    log.error('later', {}, Object.assign(new Error('call 6285610573956'), { code: 'ECODE', request: 'x' }));
    now.mockRestore();
    await arrived(['late', 'later']);
    const [first, second] = written();
    expect(first).toBe(
      '{"level":"warn","time":"2026-11-28T12:00:00.005Z","count":3,"nothing":null,"msg":"late"}',
    );
    expect(second).toMatch(
      /^{"level":"error","time":"2026-11-28T12:00:00.006Z","error":"Error","errorCode":"ECODE","stack":"Error: call \[phone\].*","msg":"later"}$/,
    );
  });

  it('are left out below the level, unless somebody outside keeps them', async () => {
    const log = createLog('error', standardOutput(fd));
    log.warn('left out');
    log.record('kept', {});
    log.alarm('disk_full', 'wakes somebody');
    await arrived(['kept', 'wakes somebody']);
  });

  it('are scrubbed, each for itself', async () => {
    const log = open();
    for (const message of [
      'call 6285610573956',
      'fine',
      'mail budi@example.com',
      'cut -----BEGIN PRIVATE KEY-----',
    ])
      log.info(message);
    log.info('last');
    while (written().length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('call [phone]');
    expect(text).toContain('mail [email]');
    expect(text).not.toMatch(/6285610573956|budi@|PRIVATE KEY/);
    expect(text).toContain('last');
  });
});
