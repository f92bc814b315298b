import { Injectable, type OnModuleInit } from '@nestjs/common';
import { KeyRing, type SealedWith, UnsealError } from '../../platform/crypto';
import { Database } from '../../platform/database';
import { Log } from '../../platform/logging';
import { Scheduler } from '../../platform/scheduler';
import { StoredPerson } from './person.entity';
import { keyAad } from './person-key';

const EVERY_MS = 5_000;
const AT_ONCE = 500;

type WrappedRow = Pick<StoredPerson, 'businessUnit' | 'id'> & {
  readonly keyId: string;
  readonly wrappedKey: Buffer;
};

/**
 * Wraps people's keys with the first of `DATA_ENCRYPTION_KEYS`. Their data stays as it is: only keys of 32 bytes are written anew.
 * What else is sealed under the old key lives for days at most and is not written anew: `npm run doctor` counts what is left.
 */
@Injectable()
export class KeyRotation implements OnModuleInit {
  /** Keys that were taken out too early, and people whose key does not open: said once, and left out from then on. */
  readonly #missing = new Set<string>();
  readonly #unopened = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly log: Log,
    private readonly scheduler: Scheduler,
  ) {}

  onModuleInit(): void {
    this.scheduler.add({ name: 'key-rotation', everyMs: EVERY_MS, run: () => this.step() });
  }

  /** Wraps some keys anew. Safe to run in many processes at once. */
  async step(): Promise<void> {
    await this.database.transaction(async (tx) => {
      const rows = await tx.query<WrappedRow>(
        `SELECT business_unit AS "businessUnit", id, key_id AS "keyId", wrapped_key AS "wrappedKey" FROM person
          WHERE key_id IS NOT NULL AND (key_id < $1 OR key_id > $1) AND key_id <> ALL ($3) AND id <> ALL ($4)
          LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
        [this.keys.currentKeyId, AT_ONCE, [...this.#missing], [...this.#unopened]],
      );
      let done = 0;
      for (const row of rows) {
        const wrapped = this.#wrap(row);
        if (wrapped === null) continue;
        const { businessUnit, id } = row;
        const { keyId, sealed: wrappedKey } = wrapped;
        await tx.manager.update(StoredPerson, { businessUnit, id }, { keyId, wrappedKey });
        done += 1;
      }
      if (done > 0) this.log.info('data keys wrapped anew', { count: done, keyId: this.keys.currentKeyId });
    });
  }

  #wrap({ businessUnit, id, keyId, wrappedKey }: WrappedRow): SealedWith | null {
    const aad = keyAad(businessUnit, id);
    try {
      return this.keys.seal(this.keys.unseal(keyId, wrappedKey, aad), aad);
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      const configured = this.keys.has(keyId);
      const [known, what] = configured ? [this.#unopened, id] : [this.#missing, keyId];
      if (!known.has(what))
        this.log.alarm('data_key_missing', 'data keys cannot be opened', { keyId, configured });
      known.add(what);
      return null;
    }
  }
}
