import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { isDatabaseAway, isDiskFull } from '../errors';
import { Log } from '../logging';
import { type Prepared, type Row, statement, Transaction } from './transaction';

/** While the disk is full every write fails: one alarm a minute is enough. */
const TELL_OF_FULL_DISK_EVERY_MS = 60_000;
/** The disk counts as full for so long after a write that failed because of it. */
const FULL_FOR_MS = 10_000;

/** The gateway's PostgreSQL. No network call to a partner happens inside a transaction. */
@Injectable()
export class Database {
  #toldOfFullDisk = -Infinity;
  #fullAt = -Infinity;

  constructor(
    private readonly dataSource: DataSource,
    private readonly log: Log,
  ) {}

  /** Whether PostgreSQL's disk was full a moment ago. */
  get isFull(): boolean {
    return performance.now() - this.#fullAt < FULL_FOR_MS;
  }

  /** Runs `work` in one transaction; commits when it resolves, rolls back when it throws. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { tx, result } = await this.#connected(async (client, runner) => {
      const tx = new Transaction(runner.manager, client);
      await runner.startTransaction();
      try {
        const result = await work(tx);
        // TypeORM's own commit does not hear that PostgreSQL rolled back after a failure that `work` swallowed.
        const { command } = await client.query('COMMIT');
        if (command !== 'COMMIT') throw new Error('a statement failed, and nothing was committed');
        return { tx, result };
      } catch (error) {
        // With its connection the transaction ends by itself.
        if (!isDatabaseAway(error)) await runner.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    });
    tx.committed();
    return result;
  }

  /** One statement outside any transaction. */
  async query<R extends Row>(sql: string | Prepared, parameters: readonly unknown[] = []): Promise<R[]> {
    const answer = await this.#connected(async (client) => {
      try {
        return await client.query<R>(statement(sql, parameters));
      } catch (error) {
        // Several statements in one text may have begun a transaction, which failed and has not ended.
        if (!isDatabaseAway(error)) await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
    // Where pg-boss sends several statements in one text, each has an answer.
    return [answer].flat().flatMap(({ rows }) => rows);
  }

  async #connected<T>(use: (client: PoolClient, runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      try {
        return await use(client, runner);
      } catch (error) {
        // A connection that was lost is not handed to the next.
        if (isDatabaseAway(error)) void client.end();
        if (isDiskFull(error)) this.#tellOfFullDisk();
        throw error;
      }
    } finally {
      await runner.release();
    }
  }

  #tellOfFullDisk(): void {
    const now = (this.#fullAt = performance.now());
    if (now - this.#toldOfFullDisk < TELL_OF_FULL_DISK_EVERY_MS) return;
    this.#toldOfFullDisk = now;
    this.log.alarm('disk_full', 'PostgreSQL has no disk space left');
  }
}

/** The database's clock: the only one that all processes share. Of the moment, not of the transaction's beginning. */
export async function databaseTime(within: Database | Transaction): Promise<Date> {
  const [row] = await within.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  if (row === undefined) throw new Error('a clock shows a time');
  return row.now;
}

/** `businessUnit` of an entity is `business_unit` of its table. */
export function columnOf(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
