import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import type { LedgerStateDto } from './ledger-state.dto';

type Row<T> = T & Record<string, unknown>;
type Checkpoint = NonNullable<LedgerStateDto['checkpoint']>;

/** Where chains end, read from the database as it is: whether they hold is for `ledger verify` to say. */
@Injectable()
export class LedgerState {
  constructor(private readonly database: Database) {}

  async of(unit: string): Promise<LedgerStateDto> {
    const [head] = await this.database.query<Row<Omit<LedgerStateDto, 'checkpoint'>>>(
      `SELECT h.seq::int, encode(h.hash, 'hex') AS hash, e.at FROM ledger_head h
         LEFT JOIN kyc_event e ON e.business_unit = h.business_unit AND e.seq = h.seq
        WHERE h.business_unit = $1 AND h.seq > 0`,
      [unit],
    );
    const [checkpoint] = await this.database.query<Row<Checkpoint>>(
      `SELECT seq::int, encode(hash, 'hex') AS hash, at, key_id AS "keyId", encode(signature, 'hex') AS signature
         FROM ledger_checkpoint c WHERE c.business_unit = $1 ORDER BY c.seq DESC LIMIT 1`,
      [unit],
    );
    return { ...(head ?? { seq: 0, hash: null, at: null }), checkpoint: checkpoint ?? null };
  }
}
