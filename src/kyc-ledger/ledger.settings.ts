import { z } from 'zod';
import { defineSettings, integer, type LoadedSettings } from '../platform/config';

/** How long people's data is kept, and how often the chain is signed. */
export const ledgerSettings = defineSettings({
  title: 'Ledger',
  shared: {
    RETENTION_YEARS: integer({ max: 50 })
      .prefault('5')
      .describe(
        'Years that identity records are kept after the business relationship ended (UU 8/2010 Art 21)',
      ),
    LEDGER_CHECKPOINT_EVENTS: integer({ min: 1 })
      .prefault('1000')
      .describe('A checkpoint is signed when this many events follow the last one'),
    LEDGER_CHECKPOINT_SECONDS: integer({ min: 1 })
      .prefault('300')
      .describe('Or when the oldest event without one is this many seconds old'),
    MAX_BACK_OFFICE_STREAMS: integer()
      .prefault('50')
      .describe(
        'Event streams that one credential of a back office may hold open at one process; `0` is no limit (a person has 10)',
      ),
    LEDGER_CHECKPOINT_FILE: z
      .string()
      .optional()
      .describe(
        'File outside the database to which every checkpoint is appended, as a JSON line; a start compares the chains with its last ones',
      ),
    ERASURES_FILE: z
      .string()
      .optional()
      .describe(
        'File outside the database to which everybody who is erased or restricted is appended by id, as a JSON line, for ' +
          '`npm run ledger -- reapply-erasures` after a backup was restored. One file for all processes',
      ),
  },
});

export type LedgerSettings = LoadedSettings<typeof ledgerSettings>;
