import { defineSettings, integer, type LoadedSettings, text } from '../platform/config';

/** How long people's data is kept, and how often the chain is signed. */
export const ledgerSettings = defineSettings({
  title: 'Ledger',
  required: {
    RETENTION_YEARS: integer({
      about: 'Years that identity records are kept after the business relationship ended (UU 8/2010 Art 21)',
      default: '5',
      max: 50,
    }),
    LEDGER_CHECKPOINT_EVENTS: integer({
      about: 'A checkpoint is signed when this many events follow the last one',
      default: '1000',
      min: 1,
    }),
    LEDGER_CHECKPOINT_SECONDS: integer({
      about: 'Or when the oldest event without one is this many seconds old',
      default: '300',
      min: 1,
    }),
    MAX_BACK_OFFICE_STREAMS: integer({
      about:
        'Event streams that one credential of a back office may hold open at one process; `0` is no limit (a person has 10)',
      default: '50',
    }),
  },
  optional: {
    LEDGER_CHECKPOINT_FILE: text({
      about:
        'File outside the database to which every checkpoint is appended, as a JSON line; a start compares the chains with its last ones',
    }),
    ERASURES_FILE: text({
      about:
        'File outside the database to which everybody who is erased or restricted is appended by id, as a JSON line, for ' +
        '`npm run ledger -- reapply-erasures` after a backup was restored. One file for all processes',
    }),
  },
});

export type LedgerSettings = LoadedSettings<typeof ledgerSettings>;
