import { Inject, Injectable } from '@nestjs/common';
import type { Client } from 'pg';
import { Checkup, type Trial } from '../checkup';
import { type PlatformSettings, platformSettings } from '../config';
import { type CryptoSettings, cryptoSettings } from '../crypto';
import { Clock, type Deadline } from '../time';
import { databaseAddress, loneConnection } from './connection';
import { type DatabaseSettings, databaseSettings } from './database.settings';
import { DURABILITY_COLUMNS, type DurabilitySettings, whatIsOff } from './durability';
import { reasonOf } from './readiness';
import { keysInUse, sealedValues } from './sealed-values';
import { unmetRequirement } from './server-requirements';
import { pendingSteps } from './schema/migrate';

/** Instants are compared between database and processes; what is further apart than this should be mended. */
const MAX_CLOCK_DIFFERENCE_MS = 2_000;

interface Facts extends DurabilitySettings {
  readonly version: string;
  readonly now: Date;
  readonly may_create: boolean;
}

type Report = (client: Client) => Promise<string>;

/** Whether PostgreSQL answers, lets us work, keeps what it confirms, and agrees on the time; and whose keys it needs. */
@Injectable()
export class DatabaseCheckup extends Checkup {
  constructor(
    @Inject(platformSettings.token) private readonly platform: PlatformSettings,
    @Inject(databaseSettings.token) private readonly settings: DatabaseSettings,
    @Inject(cryptoSettings.token) private readonly keys: CryptoSettings,
    private readonly clock: Clock,
  ) {
    super();
  }

  trials(): readonly Trial[] {
    const trial = (subject: string, report: Report): Trial => ({
      businessUnit: null,
      subject,
      run: (deadline) => this.#look(deadline, report),
    });
    return [
      trial('PostgreSQL', (client) => this.#report(client)),
      trial('Encryption keys', async (client) => {
        const configured = this.keys.values.DATA_ENCRYPTION_KEYS.map(({ id }) => id);
        return keysInUse(await sealedValues(client), configured);
      }),
    ];
  }

  /** A connection of its own: the program's would run the migrations. */
  async #look(deadline: Deadline, report: Report): Promise<string> {
    const client = loneConnection(databaseAddress(this.settings), {
      connectionTimeoutMillis: deadline.remaining(),
      query_timeout: deadline.remaining(),
    });
    try {
      await client.connect();
      return await report(client);
    } catch (error) {
      throw new Error(reasonOf(error), { cause: error });
    } finally {
      await client.end();
    }
  }

  async #report(client: Client): Promise<string> {
    const asked = this.clock.now();
    const { rows } = await client.query<Facts>(
      `SELECT current_setting('server_version') AS version, clock_timestamp() AS now,
              has_schema_privilege(current_schema(), 'CREATE') AS may_create, ${DURABILITY_COLUMNS}`,
    );
    const answered = this.clock.now();
    const [facts] = rows;
    if (facts === undefined) throw new Error('PostgreSQL answers nothing');
    const address = databaseAddress(this.settings);
    const unmet = await unmetRequirement(address);
    if (unmet !== null) throw new Error(`DATABASE_URL ${unmet}`);
    const pending = await pendingSteps(address, { queues: [] });
    const { MIGRATIONS, DATABASE_MIGRATION_URL } = this.settings.values;
    if (pending.length > 0 && MIGRATIONS === 'check')
      throw new Error(`${pending.length} migrations are pending: run npm run migrate (node dist/migrate.js)`);
    if (pending.length > 0 && !facts.may_create && DATABASE_MIGRATION_URL === undefined)
      throw new Error(
        'migrations are pending, and the role of DATABASE_URL may create nothing: make it the owner of its database and schema, or name the owner in DATABASE_MIGRATION_URL',
      );
    const off = whatIsOff(facts);
    if (off !== null && this.platform.values.NODE_ENV === 'production') throw new Error(`it has ${off}`);
    const apart = difference(facts.now.getTime(), asked, answered);
    if (apart > MAX_CLOCK_DIFFERENCE_MS)
      throw new Error(`its clock and ours are ${(apart / 1000).toFixed(1)} s apart`);
    const migrations =
      pending.length > 0 ? `${pending.length} migrations run at the next start` : 'migrations up to date';
    return `version ${facts.version}, ${migrations}, clocks agree${off === null ? '' : `; ${off}`}`;
  }
}

/** Milliseconds between an instant and the span in which it was read; 0 inside. */
function difference(instant: number, from: number, to: number): number {
  return Math.max(0, from - instant, instant - to);
}
