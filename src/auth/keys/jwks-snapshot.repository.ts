import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Log } from '../../platform/logging';
import { Clock } from '../../platform/time';
import { type AuthSettings, authSettings } from '../auth.settings';
import { JwksSnapshot } from './jwks-snapshot.entity';
import { type KeySet, usableKeys } from './key-set-source';

const LOAD = `SELECT keys, greatest(0, extract(epoch FROM now() - fetched_at) * 1000)::float8 AS "ageMs"
  FROM jwks_snapshot WHERE issuer = $1`;

/** A newer set stays when a slow download ends after it; one dated ahead of now is no newer one, for the database's clock was set back. */
const SAVE = `INSERT INTO jwks_snapshot AS kept (issuer, keys, fetched_at)
  VALUES ($1, $2, now() - $3 * interval '1 millisecond')
  ON CONFLICT (issuer) DO UPDATE SET keys = excluded.keys, fetched_at = excluded.fetched_at
  WHERE kept.fetched_at NOT BETWEEN excluded.fetched_at AND clock_timestamp()`;

/** The last good key set in PostgreSQL, so that a restart during an outage of SIMAS-ID still verifies. */
@Injectable()
export class JwksSnapshotRepository {
  readonly #issuer: string;

  constructor(
    @Inject(authSettings.token) { values }: AuthSettings,
    @InjectRepository(JwksSnapshot) private readonly snapshots: Repository<JwksSnapshot>,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.#issuer = values.SIMAS_ID_ISSUER;
  }

  /** Undefined when there is none that can be used, or when the database is away: keys then come from SIMAS-ID alone. */
  async load(): Promise<KeySet | undefined> {
    try {
      const askedAt = this.clock.elapsed();
      const [kept] = await this.snapshots.query<{ keys: unknown[]; ageMs: number }[]>(LOAD, [this.#issuer]);
      if (kept === undefined) return undefined;
      return { keys: await usableKeys(kept.keys), readAt: askedAt - kept.ageMs };
    } catch (error) {
      this.log.error('the kept key set cannot be read', {}, error);
      return undefined;
    }
  }

  /** Dated by the database's clock, which all processes share, as of its reading; never throws. */
  async save(set: KeySet): Promise<void> {
    try {
      const ageMs = this.clock.elapsed() - set.readAt;
      const keys = [...set.keys].map(([kid, key]) => ({ kid, ...key.export({ format: 'jwk' }) }));
      await this.snapshots.query(SAVE, [this.#issuer, JSON.stringify(keys), ageMs]);
    } catch (error) {
      this.log.error('the key set cannot be kept', {}, error);
    }
  }
}
