import { parseArgs } from 'node:util';
import { isNativeError } from 'node:util/types';
import { PLAIN_WORDS, readInstant } from './kyc-ledger';

export const USAGE = `npm run ledger -- <command>
  verify FILE [--public-key PEMFILE] [--checkpoints FILE]
                                       an export, with neither server nor database
  verify [--checkpoints FILE] [--public-key PEMFILE ...]
                                       the database: every event, its personal data, every checkpoint; FILE is what
                                       was kept outside: the checkpoint file, events of a unit's feed, or bodies of
                                       its webhooks, one a line; after a rotation the public keys that signed before
  export --business-unit ID [--submission ID | --person PHONE|ID] --out FILE
  accept-restore --reason TEXT [--business-unit ID]
                                       after a restore from an older dump: the chains may go on from where they end now
  rebuild [--write]                    folds the submissions anew from their events, and compares; --write puts right
  affected --from TIME --to TIME [--key ID]
                                       ids of people whose data a back office read in that time, or with --key whose
                                       data lay under that one of DATA_ENCRYPTION_KEYS; a TIME is 2026-11-22T00:00:00Z
  reapply-erasures FILE                after a backup was restored: forgets again the people whom ERASURES_FILE names
`;

/** The command was not understood. */
export class Misunderstood extends Error {}

interface Arguments {
  readonly affected: { readonly from: Date; readonly to: Date; readonly key: string | undefined };
  readonly export: {
    readonly unit: string;
    readonly out: string;
    /** At most one of the two. */
    readonly submission: string | undefined;
    readonly person: string | undefined;
  };
  readonly verify: { readonly checkpoints: string | undefined; readonly publicKeys: readonly string[] };
  readonly 'accept-restore': { readonly unit: string | undefined; readonly reason: string };
  readonly rebuild: { readonly write: boolean };
  readonly 'reapply-erasures': { readonly file: string };
}

export type CommandOf<Command extends keyof Arguments> = { readonly name: Command } & Arguments[Command];
/** What `npm run ledger` was told to do with the database. */
export type LedgerCommand = { readonly [Command in keyof Arguments]: CommandOf<Command> }[keyof Arguments];

const OPTIONS = {
  'business-unit': { type: 'string' },
  submission: { type: 'string' },
  person: { type: 'string' },
  out: { type: 'string' },
  checkpoints: { type: 'string' },
  reason: { type: 'string' },
  'public-key': { type: 'string', multiple: true },
  from: { type: 'string' },
  to: { type: 'string' },
  key: { type: 'string' },
  write: { type: 'boolean' },
} as const;

/** @throws Misunderstood with what is wanted */
export function readArguments([name = '', ...rest]: readonly string[]): LedgerCommand {
  const { values, positionals } = parsed(rest, name === 'reapply-erasures');
  const { 'business-unit': unit, submission, person, out, checkpoints, reason = '', key } = values;
  switch (name) {
    case 'affected': {
      const [from, to] = [instant('from', values.from), instant('to', values.to)];
      if (to < from) throw new Misunderstood('--to lies before --from');
      return { name, from, to, key };
    }
    case 'export':
      if (unit === undefined || out === undefined)
        throw new Misunderstood('export needs --business-unit and --out');
      if (submission !== undefined && person !== undefined)
        throw new Misunderstood('--submission and --person exclude each other');
      return { name, unit, out, submission, person };
    case 'verify':
      return { name, checkpoints, publicKeys: values['public-key'] ?? [] };
    case 'accept-restore':
      if (!PLAIN_WORDS.test(reason))
        throw new Misunderstood('accept-restore needs --reason, in plain words: it is kept for ever');
      return { name, unit, reason };
    case 'rebuild':
      return { name, write: values.write ?? false };
    case 'reapply-erasures': {
      const [file, ...more] = positionals;
      if (file === undefined || more.length > 0) throw new Misunderstood('one FILE is wanted');
      return { name, file };
    }
    default:
      throw new Misunderstood(`there is no command ${name}`);
  }
}

function parsed(args: string[], allowPositionals: boolean) {
  try {
    return parseArgs({ args, options: OPTIONS, strict: true, allowPositionals });
  } catch (error) {
    throw new Misunderstood(isNativeError(error) ? error.message : 'unknown option');
  }
}

function instant(name: string, text = ''): Date {
  const read = readInstant(text);
  if (read instanceof Date && !Number.isNaN(read.getTime())) return read;
  throw new Misunderstood(`affected needs --${name} with a time such as 2026-11-22T00:00:00Z`);
}
