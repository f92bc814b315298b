import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database';
import { Log } from '../../platform/logging';
import { appendLines } from '../line-file';
import { type LedgerSettings, ledgerSettings } from '../ledger.settings';

const WHO = { businessUnit: z.string(), personId: z.string() };
const NOTE = z.discriminatedUnion('status', [
  z.object({
    ...WHO,
    status: z.literal('erased'),
    until: z
      .unknown()
      .transform(() => null)
      .default(null),
  }),
  z.object({ ...WHO, status: z.literal('restricted'), until: z.iso.datetime({ offset: true }) }),
]);

/** A line of `ERASURES_FILE`: who was erased, or restricted until when. The newest line of a person counts. */
export type ErasureNote = Readonly<z.infer<typeof NOTE>>;

const TO_WRITE = `
  SELECT business_unit AS "businessUnit", id AS "personId",
         CASE WHEN restricted_until IS NULL THEN 'erased' ELSE 'restricted' END AS status, restricted_until AS until
    FROM person WHERE noted_at IS NULL AND (erased_at IS NOT NULL OR restricted_until IS NOT NULL)
   ORDER BY business_unit, id LIMIT $1 FOR NO KEY UPDATE`;

const AT_ONCE = 500;

/**
 * Writes down outside the database who was forgotten, so that a backup that is restored can be made to forget them again. The row tells
 * what is still to be written: a crash or a full disk delays a line, and loses none.
 */
@Injectable()
export class ErasureNotes {
  readonly #file: string | undefined;
  #failing = false;

  constructor(
    private readonly database: Database,
    private readonly log: Log,
    @Inject(ledgerSettings.token) { values }: LedgerSettings,
  ) {
    this.#file = values.ERASURES_FILE;
  }

  /** Writes what is to be written, before it returns. What cannot be written now raises an alarm and is written later. */
  async write(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    await this.database.transaction(async (tx) => {
      const notes = await tx.query<Record<keyof ErasureNote, unknown>>(TO_WRITE, [AT_ONCE]);
      if (notes.length === 0 || !(await this.#append(file, notes))) return;
      await tx.query(
        `UPDATE person SET noted_at = now()
          WHERE (business_unit, id) IN (SELECT * FROM unnest($1::text[], $2::uuid[]))`,
        [notes.map(({ businessUnit }) => businessUnit), notes.map(({ personId }) => personId)],
      );
    });
  }

  async #append(path: string, notes: readonly object[]): Promise<boolean> {
    try {
      await appendLines(path, notes, 0o600);
      this.#failing = false;
      return true;
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      const message = 'who was erased could not be written to ERASURES_FILE';
      if (!this.#failing) this.log.alarm('erasures_file_unwritable', message, { reason });
      this.#failing = true;
      return false;
    }
  }
}

/** Reads what {@link ErasureNotes} wrote: the newest note of each person, and the numbers of lines that hold none. */
export function readErasureNotes(text: string): {
  readonly notes: readonly ErasureNote[];
  readonly unreadable: readonly number[];
} {
  const notes = new Map<string, ErasureNote>();
  const unreadable: number[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    const note = readNote(line);
    if (note === undefined) unreadable.push(index + 1);
    else notes.set(`${note.businessUnit}/${note.personId}`, note);
  });
  return { notes: [...notes.values()], unreadable };
}

function readNote(line: string): ErasureNote | undefined {
  try {
    return NOTE.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
