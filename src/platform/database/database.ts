import { Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { isDatabaseAway } from '../errors';
import { type Prepared, type Row, statement, Transaction } from './transaction';

/** The gateway's PostgreSQL. No network call to a partner happens inside a transaction. */
@Injectable()
export class Database {
  /** TypeORM's own: a query runner of TypeORM's around each connection would cost as much as sending a short statement. */
  readonly pool: Pool;

  constructor(dataSource: DataSource) {
    this.pool = (dataSource.driver as unknown as { readonly master: Pool }).master;
  }

  /** Runs `work` in one transaction; commits when it resolves, rolls back when it throws. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { tx, result } = await this.#connected(async (client) => {
      const tx = new Transaction(client);
      await client.query('BEGIN');
      try {
        const result = await work(tx);
        const { command } = await client.query('COMMIT');
        if (command !== 'COMMIT') throw new Error('a statement failed, and nothing was committed');
        return { tx, result };
      } catch (error) {
        // With its connection the transaction ends by itself.
        if (!isDatabaseAway(error)) await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
    tx.committed();
    return result;
  }

  /** One statement outside any transaction. */
  async query<R extends Row>(sql: string | Prepared, parameters: readonly unknown[] = []): Promise<R[]> {
    return this.#connected(async (client) => (await client.query<R>(statement(sql, parameters))).rows);
  }

  async #connected<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let lost = false;
    try {
      return await use(client);
    } catch (error) {
      lost = isDatabaseAway(error);
      throw error;
    } finally {
      client.release(lost); // one that is lost is not handed to the next
    }
  }
}

/** The database's clock: the only one that all processes share. Of the moment, not of the transaction's beginning. */
export async function databaseTime(within: Database | Transaction): Promise<Date> {
  const [row] = await within.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  if (row === undefined) throw new Error('a clock shows a time');
  return row.now;
}
