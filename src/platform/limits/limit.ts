import { type RateLimiterLike, RateLimiterRes } from 'rate-limiter-flexible';
import { GatewayError } from '../errors';

/** What may be done only so often. */
export interface LimitDefinition {
  /** A fixed word: tells its counts from other limits', and is a metric label. */
  readonly name: string;
  /** 0 = as often as one likes. */
  readonly times: number;
  readonly seconds: number;
  /** What a caller who did it too often is told. */
  readonly refusal: string;
}

interface Counting {
  /** Absent where there is no limit. */
  readonly limiter: RateLimiterLike | undefined;
  /** Whether a refused try counts, too. */
  readonly countsTries: boolean;
  /** Turns whom it counts into a key that tells nothing about them. */
  readonly keyOf: (of: readonly string[]) => string;
  readonly refused: () => void;
}

/** Counts one thing for each of those who do it. */
export class Limit {
  constructor(
    private readonly definition: LimitDefinition,
    private readonly counting: Counting,
  ) {}

  /**
   * Counts once for `of`.
   * @throws GatewayError 429 `rate_limited` with the seconds until the count starts anew
   */
  async take(...of: readonly string[]): Promise<void> {
    const { limiter, keyOf, refused, countsTries } = this.counting;
    try {
      await limiter?.consume(keyOf(of));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      refused();
      if (!countsTries) await this.giveBack(...of);
      throw new GatewayError(429, 'rate_limited', this.definition.refusal, {
        retryAfterSeconds: error.msBeforeNext / 1000,
      });
    }
  }

  /** What was taken came to nothing. A count that cannot be given back now ends with its time. */
  async giveBack(...of: readonly string[]): Promise<void> {
    const { limiter, keyOf } = this.counting;
    await limiter?.reward(keyOf(of)).catch(() => undefined);
  }
}
