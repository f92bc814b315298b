import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import type { ChainFault } from './chain-events';
import { LedgerSigner, type SignedEnd } from './checkpoint';
import { CheckpointPublisher } from './checkpoint-publisher';

/** A row of `ledger_checkpoint` or `ledger_restore` as JSON: bytes are `\x…`. */
interface KeptEnd {
  readonly business_unit: string;
  readonly seq: number;
  readonly hash: string;
  readonly at: string;
  readonly key_id: string;
  readonly signature: string;
  readonly reason?: string;
}

/** What the database holds of a unit: where its chain ends, and the newest that was signed of it. */
interface UnitRow {
  readonly business_unit: string;
  readonly seq: string;
  readonly checkpoint: KeptEnd | null;
  readonly restore: KeptEnd | null;
}

const UNITS = `
  SELECT u.business_unit, coalesce(h.seq, 0) AS seq,
    (SELECT to_jsonb(c) FROM ledger_checkpoint c WHERE c.business_unit = u.business_unit ORDER BY c.seq DESC LIMIT 1) AS checkpoint,
    (SELECT to_jsonb(r) FROM ledger_restore r WHERE r.business_unit = u.business_unit ORDER BY r.at DESC LIMIT 1) AS restore
  FROM (SELECT business_unit FROM ledger_head UNION SELECT unnest($1::text[])) AS u (business_unit)
  LEFT JOIN ledger_head h USING (business_unit) ORDER BY u.business_unit`;

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

  units(): readonly string[] {
    return [...this.#newest.keys()];
  }

  newest(businessUnit: string): SignedEnd | undefined {
    return this.#newest.get(businessUnit);
  }

  remember(end: SignedEnd): void {
    this.#newest.set(end.businessUnit, end);
  }

  /**
   * Compares the chains in the database with what is remembered, and remembers what was signed since. Returns those that are
   * shorter than what was signed, or differ from it; all of them while the checkpoint file cannot be read.
   */
  async compare(): Promise<ReadonlyMap<string, ChainFault>> {
    const recalled = await this.#recall().then(
      () => true,
      () => false,
    );
    const faults = new Map<string, ChainFault>();
    const units = await this.database.query<UnitRow>(UNITS, [this.units()]);
    for (const unit of units) {
      const fault = recalled ? await this.#faultOf(unit) : unknown(unit);
      if (fault !== null) faults.set(unit.business_unit, fault);
    }
    return faults;
  }

  /** The last line of each unit in the file. One that another key signed is compared too: the signing key was rotated. */
  async #recall(): Promise<void> {
    if (this.#recalled) return;
    for await (const end of this.outside.kept())
      if (end.keyId !== this.signer.keyId || this.signer.signed(end)) this.remember(end);
    this.#recalled = true;
  }

  async #faultOf({
    business_unit: businessUnit,
    seq,
    checkpoint,
    restore,
  }: UnitRow): Promise<ChainFault | null> {
    const stored = checkpoint === null ? undefined : endOf(checkpoint);
    if (stored?.keyId === this.signer.keyId && !this.signer.signed(stored))
      return { businessUnit, seq: stored.seq, what: 'its checkpoint was not signed by us' };
    const ends = this.#standing(businessUnit, stored, restore === null ? undefined : endOf(restore));
    const hashes = await this.#hashes(businessUnit, ends);
    for (const end of ends) {
      if (end.seq > Number(seq))
        return { businessUnit, seq: end.seq, what: `it was signed, but the chain ends at event ${seq}` };
      if (end.seq > 0 && hashes.get(end.seq) !== end.hash)
        return { businessUnit, seq: end.seq, what: 'it is not the one that was signed' };
    }
    const newest = ends.reduce<SignedEnd | undefined>(
      (best, end) => (best === undefined || end.seq > best.seq ? end : best),
      undefined,
    );
    if (newest !== undefined) this.remember(newest);
    return null;
  }

  /** The signed ends that the chain has to meet. What was signed before an operator accepted a restore may be lost. */
  #standing(
    businessUnit: string,
    stored: SignedEnd | undefined,
    restore: SignedEnd | undefined,
  ): SignedEnd[] {
    const remembered = this.#newest.get(businessUnit);
    const accepted = restore !== undefined && this.signer.signed(restore) ? restore : undefined;
    const ends = stored !== undefined && this.signer.signed(stored) ? [stored] : [];
    if (remembered !== undefined) ends.push(remembered);
    if (accepted === undefined) return ends;
    return [...ends.filter(({ at }) => at > accepted.at), accepted];
  }

  async #hashes(businessUnit: string, ends: readonly SignedEnd[]): Promise<ReadonlyMap<number, string>> {
    if (ends.length === 0) return new Map();
    const rows = await this.database.query<{ seq: string; hash: Buffer }>(
      'SELECT seq, hash FROM kyc_event WHERE business_unit = $1 AND seq = ANY ($2)',
      [businessUnit, ends.map(({ seq }) => seq)],
    );
    return new Map(rows.map(({ seq, hash }) => [Number(seq), hash.toString('hex')]));
  }
}

function unknown({ business_unit: businessUnit, seq }: UnitRow): ChainFault {
  return {
    businessUnit,
    seq: Number(seq),
    what: 'the checkpoint file, which says what was signed, cannot be read',
  };
}

function endOf({ business_unit, seq, hash, at, key_id, signature, reason }: KeptEnd): SignedEnd {
  return {
    businessUnit: business_unit,
    seq,
    hash: hash.slice(2),
    at: new Date(at).toISOString(),
    keyId: key_id,
    signature: signature.slice(2),
    ...(reason === undefined ? {} : { reason }),
  };
}
