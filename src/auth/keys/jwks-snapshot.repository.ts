import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Log } from '../../platform/logging';
import { type AuthSettings, authSettings } from '../auth.settings';
import { JwksSnapshot } from './jwks-snapshot.entity';
import { exportKeys, importKeys, type KeySet } from './key-set';

/** The last good key set in PostgreSQL, so that a restart during an outage of SIMAS-ID still verifies. */
@Injectable()
export class JwksSnapshotRepository {
  readonly #issuer: string;

  constructor(
    @Inject(authSettings.token) { values }: AuthSettings,
    @InjectRepository(JwksSnapshot) private readonly snapshots: Repository<JwksSnapshot>,
    private readonly log: Log,
  ) {
    this.#issuer = values.SIMAS_ID_ISSUER;
  }

  /** Undefined when there is none, or when the database is away: keys then come from SIMAS-ID alone. */
  async load(): Promise<KeySet | undefined> {
    try {
      const snapshot = await this.snapshots.findOneBy({ issuer: this.#issuer });
      return snapshot === null ? undefined : importKeys(snapshot.keys, snapshot.fetchedAt.getTime());
    } catch (error) {
      this.log.error('the kept key set cannot be read', {}, error);
      return undefined;
    }
  }

  /** Dated by the database's clock, which all processes share; never throws. */
  async save(set: KeySet): Promise<void> {
    try {
      const snapshot = { issuer: this.#issuer, keys: exportKeys(set), fetchedAt: () => 'now()' };
      await this.snapshots.upsert(snapshot, ['issuer']);
    } catch (error) {
      this.log.error('the key set cannot be kept', {}, error);
    }
  }
}
