import { createLog } from '../../platform/logging';
import type { LedgerSettings } from '../ledger.settings';
import { readCheckpoint } from './checkpoint';
import { CheckpointPublisher } from './checkpoint-publisher';

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
      await new CheckpointPublisher(settings, log).publish(CHECKPOINT);
      expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
        expect.objectContaining({ ...CHECKPOINT, level: 'info', msg: 'ledger checkpoint' }),
      ]);
    },
  );
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
