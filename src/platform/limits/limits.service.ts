import { Injectable } from '@nestjs/common';
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
  RLWrapperTimeouts,
  type RateLimiterLike,
} from 'rate-limiter-flexible';
import { DataSource, MoreThan } from 'typeorm';
import { BlindIndex } from '../crypto';
import { GatewayError } from '../errors';
import { Metrics } from '../metrics';
import { RateLimit } from './rate-limit.entity';

/** A stranger waits no longer for the database than this. */
const COUNTED_WITHIN_MS = 1_000;
/** A count that ends later than its window and this was begun by a wrong clock. */
const CLOCKS_APART_MS = 60_000;

/** What may be done only so often. */
interface LimitDefinition {
  /** A fixed word: tells its counts from other limits', and is a metric label. */
  readonly name: string;
  /** 0 = as often as one likes. */
  readonly times: number;
  readonly seconds: number;
  /** What a caller who did it too often is told. */
  readonly refusal: string;
}

/** Counts one thing for each of those who do it. */
export interface Limit {
  /**
   * Counts once for `of`.
   * @throws GatewayError 429 `rate_limited` with the seconds until the count starts anew
   */
  take(...of: readonly string[]): Promise<void>;
  /** What was taken came to nothing. A count that cannot be given back now ends with its time. */
  giveBack(...of: readonly string[]): Promise<void>;
}

/** Limits that hold over all processes: they are counted in PostgreSQL, by keyed digests of those they count. */
@Injectable()
export class Limits {
  readonly #refused;

  constructor(
    private readonly dataSource: DataSource,
    private readonly index: BlindIndex,
    metrics: Metrics,
  ) {
    this.#refused = metrics.counter({
      name: 'rate_limited_total',
      help: 'Requests refused because something was done too often, by limit',
      labels: ['limit'],
    });
  }

  /** For callers who proved themselves: counts what they did. Without the database it throws, as what it limits would. */
  forCallers(definition: LimitDefinition): Limit {
    const limiter = this.#inDatabase(definition);
    return this.#limit(definition, limiter, limiter, { countsRefused: false });
  }

  /**
   * For strangers: counts every try. Once somebody is over the limit, this process alone turns them away, without asking the
   * database; and while that is away or slow, each process counts for itself.
   */
  forStrangers(definition: LimitDefinition): Limit {
    const { name, times, seconds } = definition;
    const inDatabase = this.#inDatabase(definition, { inMemoryBlockOnConsumed: times });
    const limiter = new RLWrapperTimeouts({
      limiter: inDatabase,
      timeoutMs: COUNTED_WITHIN_MS,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix: name, points: times, duration: seconds }),
    });
    return this.#limit(definition, limiter, inDatabase, { countsRefused: true });
  }

  /** An hour late: a process's clock may be behind the database's. */
  async forgetExpired(): Promise<void> {
    const past = `expire < extract(epoch FROM now() - interval '1 hour') * 1000`;
    await this.dataSource.getRepository(RateLimit).createQueryBuilder().delete().where(past).execute();
  }

  #limit(
    { name, times, seconds, refusal }: LimitDefinition,
    limiter: RateLimiterLike,
    inDatabase: RateLimiterPostgres,
    { countsRefused }: { readonly countsRefused: boolean },
  ): Limit {
    const keyOf = (of: readonly string[]): string =>
      this.index.digest(`limit ${name}`, ...of).toString('base64url');
    const maxMs = seconds * 1000 + CLOCKS_APART_MS;
    const consume = async (key: string): Promise<unknown> => {
      try {
        return await limiter.consume(key);
      } catch (error) {
        if (!(error instanceof RateLimiterRes) || error.msBeforeNext <= maxMs) throw error;
        // Begun while a process's clock was ahead. Deleted by its date, so that of many at once only the first begins anew.
        const datedAhead = { key: inDatabase.getKey(key), expire: MoreThan(String(Date.now() + maxMs)) };
        await this.dataSource.getRepository(RateLimit).delete(datedAhead);
        inDatabase.deleteInMemoryBlockedAll();
        return limiter.consume(key);
      }
    };
    const giveBack = async (...of: readonly string[]): Promise<void> => {
      if (times > 0) await limiter.reward(keyOf(of)).catch(() => undefined);
    };
    const take = async (...of: readonly string[]): Promise<void> => {
      if (times === 0) return;
      try {
        await consume(keyOf(of));
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        if (!countsRefused) await giveBack(...of);
        this.#refused.inc({ limit: name });
        const retryAfterSeconds = error.msBeforeNext / 1000;
        throw new GatewayError(429, 'rate_limited', refusal, { retryAfterSeconds });
      }
    };
    return { take, giveBack };
  }

  #inDatabase(
    { name, times, seconds }: LimitDefinition,
    more: { readonly inMemoryBlockOnConsumed?: number } = {},
  ): RateLimiterPostgres {
    return new RateLimiterPostgres({
      storeClient: this.dataSource,
      storeType: 'typeorm',
      tableName: 'rate_limit',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: name,
      points: times,
      duration: seconds,
      ...more,
    });
  }
}
