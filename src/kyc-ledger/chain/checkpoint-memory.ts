import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { BEGINNING, type ChainFault, type ChainPlace } from './chain-events';
import { LedgerSigner, type SignedEnd } from './checkpoint';
import { CheckpointPublisher } from './checkpoint-publisher';

/** Where the database ends a unit's chain. */
export interface ChainEnd extends ChainPlace {
  readonly businessUnit: string;
  /** Whether a checkpoint of this very end is in the database, signed with whichever key. */
  readonly isKept: boolean;
  /** Why the chain does not go on from what was signed of it; null where it does. */
  readonly fault: ChainFault | null;
}

type UnitRow = Omit<ChainEnd, 'fault'> & {
  /** The newest that were signed. */
  readonly checkpoint: SignedEnd | null;
  readonly restore: SignedEnd | null;
};

/** A row of `ledger_checkpoint` or `ledger_restore`, called `e`, as a {@link SignedEnd} without its reason. */
export const SIGNED_END_COLUMNS = `e.business_unit AS "businessUnit", e.seq::float8, encode(e.hash, 'hex') AS hash,
  to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, e.key_id AS "keyId",
  encode(e.signature, 'hex') AS signature`;

const UNITS = `
  SELECT u.unit AS "businessUnit", coalesce(h.seq, 0)::float8 AS seq, coalesce(encode(h.hash, 'hex'), $2) AS hash,
    EXISTS (SELECT FROM ledger_checkpoint WHERE business_unit = u.unit AND seq = h.seq AND hash = h.hash) AS "isKept",
    (SELECT to_jsonb(c) FROM (SELECT ${SIGNED_END_COLUMNS} FROM ledger_checkpoint e
      WHERE e.business_unit = u.unit ORDER BY e.seq DESC LIMIT 1) c) AS checkpoint,
    (SELECT to_jsonb(r) FROM (SELECT ${SIGNED_END_COLUMNS}, e.reason FROM ledger_restore e
      WHERE e.business_unit = u.unit ORDER BY e.at DESC LIMIT 1) r) AS restore
  FROM (SELECT business_unit FROM ledger_head UNION SELECT unnest($1::text[])) AS u (unit)
  LEFT JOIN ledger_head h ON h.business_unit = u.unit ORDER BY u.unit`;

/**
 * The newest signed end of each chain that this process knows, from the checkpoint file, the database and its own signing. The
 * database may be edited, or restored from an older dump: a chain must go on from what was signed before (contract §7.7).
 */
@Injectable()
export class CheckpointMemory {
  readonly #newest = new Map<string, SignedEnd>();
  #recalled = false;

  constructor(
    private readonly database: Database,
    private readonly signer: LedgerSigner,
    readonly outside: CheckpointPublisher,
  ) {}

  newest(businessUnit: string): SignedEnd | undefined {
    return this.#newest.get(businessUnit);
  }

  remember(end: SignedEnd): void {
    this.#newest.set(end.businessUnit, end);
  }

  /**
   * Compares the chains in the database with what is remembered, and remembers what was signed since. All of them are at fault while
   * the checkpoint file cannot be read.
   */
  async compare(): Promise<ChainEnd[]> {
    const isRecalled = await this.#recall().then(
      () => true,
      () => false,
    );
    // As it was before the query: what is remembered meanwhile may lie behind the ends that the query finds.
    const known = new Map(this.#newest);
    const units = await this.database.query<UnitRow>(UNITS, [[...known.keys()], BEGINNING.hash]);
    const ends: ChainEnd[] = [];
    for (const { checkpoint, restore, ...end } of units) {
      const fault = isRecalled
        ? await this.#faultOf(end, known.get(end.businessUnit), checkpoint, restore)
        : { ...end, what: 'the checkpoint file, which says what was signed, cannot be read' };
      ends.push({ ...end, fault });
    }
    return ends;
  }

  /** The last line of each unit in the file. One that another key signed is compared too: the signing key was rotated. */
  async #recall(): Promise<void> {
    if (this.#recalled) return;
    for await (const end of this.outside.kept())
      if (end.keyId !== this.signer.keyId || this.signer.signed(end)) this.remember(end);
    this.#recalled = true;
  }

  async #faultOf(
    { businessUnit, seq: last }: Omit<ChainEnd, 'fault'>,
    known: SignedEnd | undefined,
    checkpoint: SignedEnd | null,
    restore: SignedEnd | null,
  ): Promise<ChainFault | null> {
    const isOurs = checkpoint !== null && this.signer.signed(checkpoint);
    if (checkpoint?.keyId === this.signer.keyId && !isOurs)
      return { businessUnit, seq: checkpoint.seq, what: 'its checkpoint was not signed by us' };
    // What was signed before an operator accepted a restore may be lost.
    const accepted = restore !== null && this.signer.signed(restore) ? restore : undefined;
    const signed = [isOurs ? checkpoint : undefined, known]
      .filter((end) => end !== undefined)
      .filter(({ at }) => accepted === undefined || at > accepted.at);
    const ends = accepted === undefined ? signed : [...signed, accepted];
    const hashes = await this.#hashes(businessUnit, ends);
    for (const { seq, hash } of ends) {
      if (seq > last)
        return { businessUnit, seq, what: `it was signed, but the chain ends at event ${last}` };
      if (seq > 0 && hashes.get(seq) !== hash)
        return { businessUnit, seq, what: 'it is not the one that was signed' };
    }
    const [newest] = ends.toSorted((one, other) => other.seq - one.seq);
    if (newest !== undefined && this.newest(businessUnit) === known) this.remember(newest);
    return null;
  }

  async #hashes(businessUnit: string, ends: readonly SignedEnd[]): Promise<ReadonlyMap<number, string>> {
    const rows = await this.database.query<ChainPlace>(
      `SELECT seq::float8, encode(hash, 'hex') AS hash FROM kyc_event WHERE business_unit = $1 AND seq = ANY ($2)`,
      [businessUnit, ends.map(({ seq }) => seq)],
    );
    return new Map(rows.map(({ seq, hash }) => [seq, hash]));
  }
}
