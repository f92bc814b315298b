import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchedLines, type Entry } from './lines';

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
  const entry = (message: string, at = 0): Entry => ({ level: 'info', at, message, fields: {} });

  it('leave soon, in the order they came', async () => {
    const lines = new BatchedLines(fd);
    lines.write(entry('one'));
    lines.write(entry('two'));
    await arrived(['one', 'two']);
    lines.write(entry('three'));
    await arrived(['one', 'two', 'three']);
  });

  it('leave at once when there are many', async () => {
    const lines = new BatchedLines(fd);
    const many = Array.from({ length: 5_000 }, (_, index) => `line ${index}`);
    for (const message of many) lines.write(entry(message));
    await arrived(many);
  });

  it('say when they were written, not when they left, and what they were given', async () => {
    const lines = new BatchedLines(fd);
    const at = Date.UTC(2026, 10, 28, 12, 0, 0, 5);
    lines.write({ level: 'warn', at, message: 'late', fields: { count: 3, none: undefined } });
    lines.write(entry('later', at + 1));
    await arrived(['late', 'later']);
    expect(written()).toEqual([
      '{"level":"warn","time":"2026-11-28T12:00:00.005Z","count":3,"msg":"late"}',
      '{"level":"info","time":"2026-11-28T12:00:00.006Z","msg":"later"}',
    ]);
  });

  it('are scrubbed, each for itself', async () => {
    const lines = new BatchedLines(fd);
    for (const message of [
      'call 6285610573956',
      'fine',
      'mail budi@example.com',
      'cut -----BEGIN PRIVATE KEY-----',
    ])
      lines.write(entry(message));
    lines.write(entry('last'));
    while (written().length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('call [phone]');
    expect(text).toContain('mail [email]');
    expect(text).not.toMatch(/6285610573956|budi@|PRIVATE KEY/);
    expect(text).toContain('last');
  });
});
