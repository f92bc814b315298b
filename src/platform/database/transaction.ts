import type { PoolClient, QueryConfig } from 'pg';
import type { EntityManager } from 'typeorm';

/** A row as PostgreSQL returns it. */
export type Row = object;

/** A statement that each connection takes apart and plans once: worth it for what every request does. */
export interface Prepared {
  /** Tells it from the program's other prepared statements. */
  readonly name: string;
  /** Names every column it returns: a column more would make the plan unusable. */
  readonly text: string;
}

/** One database transaction, handed down as a visible parameter. */
export class Transaction {
  readonly #afterCommit: (() => void)[] = [];

  constructor(
    /** Reads and writes entities within the transaction. */
    readonly manager: EntityManager,
    private readonly client: PoolClient,
  ) {}

  async query<R extends Row>(sql: string | Prepared, parameters: readonly unknown[] = []): Promise<R[]> {
    return (await this.client.query<R>(statement(sql, parameters))).rows;
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
export type TransactionHook<R> = (tx: Transaction, result: R) => Promise<void>;

/** As pg takes it. */
export function statement(sql: string | Prepared, parameters: readonly unknown[]): QueryConfig {
  const values = [...parameters];
  return typeof sql === 'string' ? { text: sql, values } : { name: sql.name, text: sql.text, values };
}
