import { Injectable } from '@nestjs/common';
import { KeyRing, UnsealError } from '../../platform/crypto';
import { Database } from '../../platform/database';
import { Log } from '../../platform/logging';
import { keyPlace } from './person-key';

const AT_ONCE = 500;

interface WrappedRow {
  readonly business_unit: string;
  readonly id: string;
  readonly key_id: string;
  readonly wrapped_key: Buffer;
}

/**
 * Wraps people's keys with the first of `DATA_ENCRYPTION_KEYS`. Their data stays as it is: only keys of 32 bytes are written anew.
 * What else is sealed under the old key lives for days at most and is not written anew: `npm run doctor` counts what is left.
 */
@Injectable()
export class KeyRotation {
  /** Keys that were taken out too early, and people whose key does not open: said once, and left out from then on. */
  readonly #missing = new Set<string>();
  readonly #unopened = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly log: Log,
  ) {}

  /** Wraps some keys anew; returns how many. Zero: none is left. Safe to run in many processes at once. */
  async step(): Promise<number> {
    return this.database.transaction(async (tx) => {
      const rows = await tx.query<WrappedRow>(
        `SELECT business_unit, id, key_id, wrapped_key FROM person
          WHERE key_id IS NOT NULL AND (key_id < $1 OR key_id > $1) AND key_id <> ALL ($3) AND id <> ALL ($4)
          LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
        [this.keys.currentKeyId, AT_ONCE, [...this.#missing], [...this.#unopened]],
      );
      let done = 0;
      for (const row of rows) {
        const wrapped = this.#wrap(row);
        if (wrapped === null) continue;
        await tx.query(
          'UPDATE person SET key_id = $3, wrapped_key = $4 WHERE business_unit = $1 AND id = $2',
          [row.business_unit, row.id, wrapped.keyId, wrapped.sealed],
        );
        done += 1;
      }
      if (done > 0) this.log.info('data keys wrapped anew', { count: done, keyId: this.keys.currentKeyId });
      return done;
    });
  }

  #wrap({ business_unit, id, key_id, wrapped_key }: WrappedRow): ReturnType<KeyRing['seal']> | null {
    const place = keyPlace(business_unit, id);
    try {
      return this.keys.seal(this.keys.unseal(key_id, wrapped_key, place), place);
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      const [known, what] = this.keys.has(key_id) ? [this.#unopened, id] : [this.#missing, key_id];
      if (!known.has(what))
        this.log.alarm('data_key_missing', 'data keys cannot be opened', {
          keyId: key_id,
          configured: this.keys.has(key_id),
        });
      known.add(what);
      return null;
    }
  }
}
