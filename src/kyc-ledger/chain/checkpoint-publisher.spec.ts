import { createLog } from '../../platform/logging';
import type { LedgerSettings } from '../ledger.settings';
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
