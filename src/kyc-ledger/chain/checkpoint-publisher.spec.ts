import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformSettings } from '../../platform/config';
import { createLog } from '../../platform/logging';
import type { LedgerSettings } from '../ledger.settings';
import { readCheckpoint, type SignedEnd } from './checkpoint';
import { CheckpointPublisher } from './checkpoint-publisher';

const DEVELOPMENT = { values: { NODE_ENV: 'development' } } as PlatformSettings;
const PRODUCTION = { values: { NODE_ENV: 'production' } } as PlatformSettings;

const CHECKPOINT = {
  businessUnit: 'nanovest',
  seq: 7,
  hash: 'ab'.repeat(32),
  at: '2026-11-22T03:04:05.678Z',
  keyId: '0123456789abcdef',
  signature: 'cd'.repeat(64),
};

describe('a checkpoint', () => {
  it.each(['debug', 'info', 'warn', 'error', 'fatal', 'silent'])(
    'is told outside the database in full, also where LOG_LEVEL is %s',
    async (level) => {
      const lines: string[] = [];
      const log = createLog(level, { write: (line) => void lines.push(line) });
      const settings = { values: {} } as LedgerSettings;
      await new CheckpointPublisher(settings, log, DEVELOPMENT).publish(CHECKPOINT);
      expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
        expect.objectContaining({ ...CHECKPOINT, level: 'info', msg: 'ledger checkpoint' }),
      ]);
    },
  );
});

describe('the checkpoint file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-checkpoints-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function kept(file: string): Promise<SignedEnd[]> {
    const settings = { values: { LEDGER_CHECKPOINT_FILE: file } } as LedgerSettings;
    const ends: SignedEnd[] = [];
    for await (const end of new CheckpointPublisher(settings, createLog('silent'), DEVELOPMENT).kept())
      ends.push(end);
    return ends;
  }

  it('gives back what was written to it, an accepted restore too, and passes over half a line', async () => {
    const file = join(folder, 'checkpoints.jsonl');
    const settings = { values: { LEDGER_CHECKPOINT_FILE: file } } as LedgerSettings;
    const publisher = new CheckpointPublisher(
      settings,
      createLog('silent', { write: () => undefined }),
      DEVELOPMENT,
    );
    const restore = { ...CHECKPOINT, seq: 3, reason: 'the disk was lost' };
    await publisher.publish(CHECKPOINT);
    appendFileSync(file, '{"businessUnit":"nano');
    await publisher.publish(restore);
    expect(await kept(file)).toEqual([CHECKPOINT, restore]);
  });

  it('that is not there yet holds nothing; one that cannot be read is no empty one', async () => {
    expect(await kept(join(folder, 'none.jsonl'))).toEqual([]);
    await expect(kept(folder)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});

describe('a line from outside the database', () => {
  it('is a checkpoint in the file and in the log, where more stands beside it', () => {
    const logged = {
      level: 'info',
      time: '2026-11-22T03:04:05.678Z',
      ...CHECKPOINT,
      msg: 'ledger checkpoint',
    };
    expect([CHECKPOINT, logged].map((line) => readCheckpoint(JSON.stringify(line)))).toEqual([
      CHECKPOINT,
      CHECKPOINT,
    ]);
  });

  it('that says something else in the log is none', () => {
    expect(readCheckpoint('{"level":"info","msg":"ready"}')).toBeNull();
  });

  it.each([
    ['nothing', {}],
    ['a hash cut short', { ...CHECKPOINT, hash: 'ab' }],
    ['no signature', { ...CHECKPOINT, signature: undefined }],
    ['a masked key', { ...CHECKPOINT, keyId: '[nik]' }],
    ['a place that is no number', { ...CHECKPOINT, seq: '7' }],
  ])('with %s cannot be judged', (_what, line) => {
    expect(() => readCheckpoint(JSON.stringify(line))).toThrow('a line holds no checkpoint');
  });
});

describe('an operator', () => {
  function warned(LEDGER_CHECKPOINT_FILE: string | undefined, platform: PlatformSettings): string[] {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => void lines.push(line) });
    const settings = { values: { LEDGER_CHECKPOINT_FILE } } as LedgerSettings;
    new CheckpointPublisher(settings, log, platform).onModuleInit();
    return lines;
  }

  it('is warned in production when nothing outside the database remembers the chains', () => {
    expect(warned(undefined, PRODUCTION)).toEqual([
      expect.stringContaining('LEDGER_CHECKPOINT_FILE is not set'),
    ]);
    expect(warned('checkpoints.jsonl', PRODUCTION)).toEqual([]);
    expect(warned(undefined, DEVELOPMENT)).toEqual([]);
  });
});
