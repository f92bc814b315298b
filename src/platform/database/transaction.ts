import type { PoolClient, QueryConfig, QueryResult } from 'pg';

/** A row as PostgreSQL returns it. */
export type Row = object;

/** A statement that each connection takes apart and plans once: worth it for what every request does. */
export interface Prepared {
  /** Tells it from the program's other prepared statements. */
  readonly name: string;
  /** Names every column it returns: a column more would make the plan unusable. */
  readonly text: string;
}

/** What travels with the commit, and who wants to hear of it. */
interface Last {
  readonly statement: QueryConfig;
  readonly answered: ((row: unknown) => void) | undefined;
}

/** One database transaction, handed down as a visible parameter. */
export class Transaction {
  readonly #client: PoolClient;
  readonly #sent: Promise<unknown>[] = [];
  readonly #afterCommit: (() => void)[] = [];
  #last: Last[] = [];
  #flushesApart = false;
  #failure: { readonly reason: unknown } | undefined;

  /** Begins; the caller ends it with {@link commit} or {@link rollback}. */
  constructor(client: PoolClient) {
    this.#client = client;
    void this.#send({ text: 'BEGIN' });
  }

  async query<R extends Row>(sql: string | Prepared, parameters: readonly unknown[] = []): Promise<R[]> {
    this.#sendLast();
    try {
      return (await this.#client.query<R>(statement(sql, parameters))).rows;
    } catch (error) {
      // After a failure PostgreSQL refuses whatever follows; what failed is what the caller has to hear.
      throw this.#failure === undefined ? error : this.#failure.reason;
    }
  }

  /**
   * A statement that takes a lock for which many wait: it travels with the commit, so that the lock is held for no round trip
   * of ours; whatever is asked after it runs after it. It must set `synchronous_commit` to `off` for this transaction: the commit
   * lets go of the lock before it is on disk, and `Database.transaction` resolves once it is (ADR 0012).
   * @param answered hears its first row after the commit, as {@link afterCommit}
   */
  last<R extends Row>(sql: Prepared, parameters: readonly unknown[], answered?: (row: R) => void): void {
    this.#flushesApart = true;
    this.#last.push({
      statement: statement(sql, parameters),
      answered: answered as ((row: unknown) => void) | undefined,
    });
  }

  get flushesApart(): boolean {
    return this.#flushesApart;
  }

  /** Runs once the commit succeeded; for waking workers and listeners, never for work that must not be lost. */
  afterCommit(then: () => void): void {
    this.#afterCommit.push(then);
  }

  /** @throws the first failure of anything sent, or of a statement whose failure nobody minded; then nothing was committed */
  async commit(): Promise<void> {
    this.#sendLast();
    const committing = this.#client.query('COMMIT');
    const answers = await Promise.allSettled([...this.#sent, committing]);
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    const { command } = await committing;
    if (command !== 'COMMIT') throw new Error('a statement failed, and nothing was committed');
  }

  committed(): void {
    for (const then of this.#afterCommit) then();
  }

  async rollback(): Promise<void> {
    await this.#client.query('ROLLBACK');
  }

  #sendLast(): void {
    const last = this.#last;
    this.#last = [];
    for (const { statement, answered } of last) {
      void this.#send(statement).then(
        ({ rows: [row] }) => this.afterCommit(() => answered?.(row)),
        () => undefined, // thrown by whatever comes next
      );
    }
  }

  /** Without waiting for the answer. What is sent in one go leaves in one piece: a write to the network costs more than a statement. */
  #send(statement: QueryConfig): Promise<QueryResult> {
    const { stream } = this.#client.connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
    const answer = this.#client.query(statement);
    answer.catch((reason: unknown) => (this.#failure ??= { reason })); // thrown by whatever comes next
    this.#sent.push(answer);
    return answer;
  }
}

/** Writes, in the transaction that brings a result about, what must exist exactly when the result does. */
export type TransactionHook<R> = (tx: Transaction, result: R) => Promise<void>;

/** As pg takes it. */
export function statement(sql: string | Prepared, parameters: readonly unknown[]): QueryConfig {
  const values = [...parameters];
  return typeof sql === 'string' ? { text: sql, values } : { name: sql.name, text: sql.text, values };
}
