import { Injectable } from '@nestjs/common';
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RLWrapperTimeouts,
  type RateLimiterLike,
} from 'rate-limiter-flexible';
import { DataSource, LessThan } from 'typeorm';
import { BlindIndex } from '../crypto';
import { Metrics } from '../metrics';
import { RateLimit } from './rate-limit.entity';
import { Limit, type LimitDefinition } from './limit';

/** A stranger waits no longer for the database than this. */
const COUNTED_WITHIN_MS = 1_000;
/** Counts of the past stay a while: the processes' clocks may differ. */
const KEPT_MS = 3_600_000;

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
    return this.#limit(definition, false, () => this.#inDatabase(definition));
  }

  /**
   * For strangers: counts every try. Once somebody is over the limit, this process alone turns them away, without asking the
   * database; and while that is away or slow, each process counts for itself.
   */
  forStrangers(definition: LimitDefinition): Limit {
    const { name, times, seconds } = definition;
    return this.#limit(
      definition,
      true,
      () =>
        new RLWrapperTimeouts({
          limiter: this.#inDatabase(definition, times),
          timeoutMs: COUNTED_WITHIN_MS,
          insuranceLimiter: new RateLimiterMemory({ keyPrefix: name, points: times, duration: seconds }),
        }),
    );
  }

  async forgetExpired(): Promise<void> {
    await this.dataSource.getRepository(RateLimit).delete({ expire: LessThan(String(Date.now() - KEPT_MS)) });
  }

  #limit(definition: LimitDefinition, countsTries: boolean, make: () => RateLimiterLike): Limit {
    const { name, times } = definition;
    return new Limit(definition, {
      limiter: times === 0 ? undefined : make(),
      countsTries,
      keyOf: (of) => this.index.digest(`limit ${name}`, ...of).toString('base64url'),
      refused: () => this.#refused.inc({ limit: name }),
    });
  }

  #inDatabase(
    { name, times, seconds }: LimitDefinition,
    inMemoryBlockOnConsumed?: number,
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
      ...(inMemoryBlockOnConsumed === undefined ? {} : { inMemoryBlockOnConsumed }),
    });
  }
}
