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

/** Values of one table that are sealed under one of `DATA_ENCRYPTION_KEYS`. */
interface SealedValues {
  readonly table: string;
  readonly keyId: string;
  readonly count: number;
}

/**
 * Counts what is sealed under which key, in every table: a column `…key_id` beside the bytes it opens, `…sealed` or `wrapped_key`,
 * is how tables name a key, so that a new one is counted from the day it is made.
 */
async function sealedValues(client: Client): Promise<SealedValues[]> {
  const { rows } = await client.query<{ count_them: string }>(
    `SELECT format('SELECT %L AS "table", %I AS "keyId", count(*)::integer AS count FROM %I WHERE %I IS NOT NULL GROUP BY 2',
              k.table_name, k.column_name, k.table_name, k.column_name) AS count_them
       FROM information_schema.columns k
      WHERE k.table_schema = current_schema() AND k.column_name LIKE '%key\\_id' AND EXISTS (
        SELECT FROM information_schema.columns s
         WHERE s.table_schema = k.table_schema AND s.table_name = k.table_name AND s.data_type = 'bytea'
           AND s.column_name IN (replace(k.column_name, 'key_id', 'sealed'), 'wrapped_key'))`,
  );
  if (rows.length === 0) return [];
  const all = rows.map((row) => row.count_them).join(' UNION ALL ');
  return (await client.query<SealedValues>(`${all} ORDER BY 1, 2`)).rows;
}

/**
 * Which keys are still needed, so that one that is not can be taken out.
 * @param configured ids of `DATA_ENCRYPTION_KEYS`, the sealing one first
 * @throws Error when something is sealed under a key that is not configured
 */
function keysInUse(values: readonly SealedValues[], configured: readonly string[]): string {
  const [current] = configured;
  const under = (keyId: string): string =>
    values
      .filter((one) => one.keyId === keyId)
      .map(({ table, count }) => `${count} of ${table}`)
      .join(', ');
  const ids = [...new Set(values.map(({ keyId }) => keyId))];
  const missing = ids.filter((id) => !configured.includes(id));
  if (missing.length > 0)
    throw new Error(
      `sealed under keys that are not configured: ${missing.map((id) => `${id} (${under(id)})`).join('; ')}`,
    );
  const older = ids.filter((id) => id !== current);
  return older.length === 0
    ? `nothing is sealed but under ${current}`
    : older.map((id) => `${id} is still needed: ${under(id)}`).join('; ');
}
