import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { Log } from '../../platform/logging';
import { type AuthSettings, authSettings } from '../auth.settings';
import { exportKeys, importKeys, type KeySet } from './key-set';

interface Row {
  readonly keys: unknown;
  readonly fetched_at: Date;
}

/** The last good key set in PostgreSQL, so that a restart during an outage of SIMAS-ID still verifies. */
@Injectable()
export class JwksSnapshotRepository {
  readonly #issuer: string;

  constructor(
    @Inject(authSettings.token) { values }: AuthSettings,
    private readonly database: Database,
    private readonly log: Log,
  ) {
    this.#issuer = values.SIMAS_ID_ISSUER;
  }

  /** Undefined when there is none, or when the database is away: keys then come from SIMAS-ID alone. */
  async load(): Promise<KeySet | undefined> {
    try {
      const rows = await this.database.query<Row>(
        'SELECT keys, fetched_at FROM jwks_snapshot WHERE issuer = $1',
        [this.#issuer],
      );
      const row = rows[0];
      return row === undefined ? undefined : importKeys(row.keys, row.fetched_at.getTime());
    } catch (error) {
      this.log.error('the kept key set cannot be read', {}, error);
      return undefined;
    }
  }

  /** Keeps the set unless a newer one is kept already; never throws. */
  async save(set: KeySet): Promise<void> {
    try {
      await this.database.query(
        `INSERT INTO jwks_snapshot (issuer, keys, fetched_at) VALUES ($1, $2, $3)
         ON CONFLICT (issuer) DO UPDATE SET keys = excluded.keys, fetched_at = excluded.fetched_at
         WHERE jwks_snapshot.fetched_at < excluded.fetched_at`,
        [this.#issuer, JSON.stringify(exportKeys(set)), new Date(set.readAt)],
      );
    } catch (error) {
      this.log.error('the key set cannot be kept', {}, error);
    }
  }
}
