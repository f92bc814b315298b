import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { Log } from '../logging';

/** A row as PostgreSQL returns it. */
type Row = object;

/** One database transaction, handed down as a visible parameter. */
export class Transaction {
  readonly #afterCommit: (() => void)[] = [];

  constructor(
    private readonly runner: QueryRunner,
    readonly manager: EntityManager,
  ) {}

  async query<R extends Row>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> {
    return rowsOf<R>(this.runner, sql, parameters);
  }

  /** Runs once the commit succeeded; for waking workers and listeners, never for work that must not be lost. */
  afterCommit(then: () => void): void {
    this.#afterCommit.push(then);
  }

  committed(): void {
    for (const then of this.#afterCommit) then();
  }
}

/** Writes, in the transaction that brings a result about, what must exist exactly when the result does. */
export type Alongside<R> = (tx: Transaction, result: R) => Promise<void>;

/** The gateway's PostgreSQL. No network call to a partner happens inside a transaction (house rule 3). */
@Injectable()
export class Database {
  constructor(
    readonly dataSource: DataSource,
    private readonly log: Log,
  ) {}

  /** Runs `work` in one transaction; commits when it resolves, rolls back when it throws. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.startTransaction();
      const tx = new Transaction(runner, runner.manager);
      const result = await work(tx);
      await runner.commitTransaction();
      tx.committed();
      return result;
    } catch (error) {
      if (runner.isTransactionActive)
        await runner.rollbackTransaction().catch((reason: unknown) => this.#lost(reason));
      throw error;
    } finally {
      await runner.release().catch((reason: unknown) => this.#lost(reason));
    }
  }

  /** One statement outside any transaction. */
  async query<R extends Row>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await rowsOf<R>(runner, sql, parameters);
    } finally {
      await runner.release().catch((reason: unknown) => this.#lost(reason));
    }
  }

  #lost(reason: unknown): void {
    this.log.warn('a database connection was lost', {
      reason: reason instanceof Error ? reason.name : 'unknown',
    });
  }
}

async function rowsOf<R extends Row>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly unknown[],
): Promise<R[]> {
  const result = await runner.query(sql, [...parameters], true);
  return result.records as R[];
}
