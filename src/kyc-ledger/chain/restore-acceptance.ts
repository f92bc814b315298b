import { Injectable } from '@nestjs/common';
import { Database, databaseTime } from '../../platform/database';
import { BEGINNING, ChainEvents, type ChainFault, type ChainPlace } from './chain-events';
import { LedgerSigner, type SignedEnd } from './checkpoint';
import { CheckpointMemory } from './checkpoint-memory';

/** What became of the wish: the accepted ends, or why none was accepted. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly ends: readonly SignedEnd[] }
  | { readonly kind: 'refused'; readonly fault: ChainFault };

/**
 * An operator's word that the chains are to go on from where they end now, after a restore from an older dump. It is signed and
 * kept beside the chain, in the checkpoint file and in the log: what was signed before and is lost stays provably lost.
 */
@Injectable()
export class RestoreAcceptance {
  constructor(
    private readonly database: Database,
    private readonly events: ChainEvents,
    private readonly signer: LedgerSigner,
    private readonly memory: CheckpointMemory,
  ) {}

  /** @param only the one unit; undefined accepts the chains of all */
  async accept(only: string | undefined, reason: string): Promise<Acceptance> {
    await this.memory.compare(); // recalls the units that only the checkpoint file knows
    const places = await this.#places(only);
    for (const [unit, place] of places) {
      const fault = await this.events.faultBetween(unit, BEGINNING, place);
      if (fault !== null) return { kind: 'refused', fault };
    }
    const ends: SignedEnd[] = [];
    for (const [businessUnit, place] of places) {
      const at = (await databaseTime(this.database)).toISOString();
      ends.push(await this.#keep(this.signer.end({ businessUnit, at, ...place }, reason)));
    }
    return { kind: 'accepted', ends };
  }

  /** Where each chain ends now; a chain that is gone ends at its beginning. */
  async #places(only: string | undefined): Promise<ReadonlyMap<string, ChainPlace>> {
    const rows = await this.database.query<{ unit: string; seq: string; hash: string }>(
      `SELECT u.unit, coalesce(h.seq, 0) AS seq, coalesce(encode(h.hash, 'hex'), $2) AS hash
         FROM (SELECT business_unit FROM ledger_head UNION SELECT unnest($1::text[])) AS u (unit)
         LEFT JOIN ledger_head h ON h.business_unit = u.unit ORDER BY u.unit`,
      [this.memory.units(), BEGINNING.hash],
    );
    const wanted = rows.filter(({ unit }) => only === undefined || unit === only);
    return new Map(wanted.map(({ unit, seq, hash }) => [unit, { seq: Number(seq), hash }]));
  }

  async #keep(end: SignedEnd): Promise<SignedEnd> {
    const { businessUnit, at, seq, hash, reason, keyId, signature } = end;
    await this.database.query(
      'INSERT INTO ledger_restore (business_unit, at, seq, hash, reason, key_id, signature) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [businessUnit, at, seq, Buffer.from(hash, 'hex'), reason, keyId, Buffer.from(signature, 'hex')],
    );
    await this.memory.outside.publish(end);
    return end;
  }
}
