import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchedLines } from './batched-lines';

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

  const written = (): string => readFileSync(file, 'utf8');
  const arrived = async (text: string): Promise<void> => {
    while (written() !== text) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('leave soon, in the order they came', async () => {
    const lines = new BatchedLines(fd);
    lines.write('one\n');
    lines.write('two\n');
    await arrived('one\ntwo\n');
    lines.write('three\n');
    await arrived('one\ntwo\nthree\n');
  });

  it('leave at once when there are many', async () => {
    const lines = new BatchedLines(fd);
    const many = Array.from({ length: 5_000 }, (_, index) => `line ${index}\n`);
    for (const line of many) lines.write(line);
    await arrived(many.join(''));
  });

  it('are scrubbed, each for itself', async () => {
    const lines = new BatchedLines(fd);
    for (const line of [
      'call 6285610573956',
      'fine',
      'mail budi@example.com',
      'cut -----BEGIN PRIVATE KEY-----',
    ])
      lines.write(`${line}\n`);
    lines.write('last\n');
    await arrived('call [phone]\nfine\nmail [email]\ncut [pem]\nlast\n');
  });

  it('are all out when pino asks for that, as it does after a fatal one', async () => {
    const lines = new BatchedLines(fd);
    lines.write('warm\n');
    await arrived('warm\n');
    lines.write('fatal\n');
    lines.flushSync();
    expect(written()).toBe('warm\nfatal\n');
  });
});
