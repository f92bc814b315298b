import { isTaskCancelledError, timeout, TimeoutStrategy } from 'cockatiel';
import { type Clock, Deadline } from '../time';
import type { Log } from '../logging';
import { PartnerError } from './partner-error';
import type { PartnerResponse } from './partner-response';

/** A token and how long it lives from the moment it was asked for, milliseconds. */
export interface IssuedToken {
  readonly value: string;
  readonly lifeMs: number;
}

/** Where a token comes from. */
export interface TokenSource {
  /** Whose token it is, and of which kind. */
  readonly key: string;
  readonly partner: string;
  readonly operation: string;
  readonly mint: (deadline: Deadline) => Promise<IssuedToken>;
}

export interface TokenCacheOptions {
  /** How long one renewal may take. */
  readonly mintWithinMs: number;
  /** Beyond it the longest unused token is forgotten. */
  readonly capacity?: number;
}

interface Entry {
  readonly value: string;
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** Renewed this long before the end, or when this share of the life is left if that is later (gtf.md §7.4). */
const RENEW_AHEAD_MS = 300_000;
const RENEW_AHEAD_SHARE = 0.2;
const UNAUTHORISED = 401;

/**
 * Access tokens of a partner by owner: renewed ahead while the present one still serves, and asked for once however many wait.
 * A caller that joins a renewal that hangs asks anew when half of its own time is over, or when the renewal ended without an answer.
 */
export class TokenCache {
  readonly #entries = new Map<string, Entry>();
  readonly #renewals = new Map<string, Promise<string>>();

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly options: TokenCacheOptions,
  ) {}

  /** @throws PartnerError `timeout` when the deadline passes; the errors of `mint` */
  async get(source: TokenSource, deadline: Deadline): Promise<string> {
    const entry = this.#entries.get(source.key);
    const now = this.clock.elapsed();
    const running = this.#renewals.get(source.key);
    if (entry === undefined || entry.expiresAt <= now)
      return running === undefined
        ? inTime(this.#renew(source), source, deadline)
        : this.#join(running, source, deadline);
    this.#entries.delete(source.key);
    this.#entries.set(source.key, entry);
    if (entry.renewAt <= now && running === undefined)
      this.#renew(source).catch((error: unknown) => {
        const reason = error instanceof PartnerError ? error.code : 'unexpected';
        this.log.warn('renewing an access token failed', { reason });
      });
    return entry.value;
  }

  /**
   * Makes a call with the token. One that the partner refuses with 401 is replaced and the call made once more: it was not executed.
   * @returns the answer; 401 when a new token was refused as well
   * @throws as {@link get}
   */
  async authorized(
    source: TokenSource,
    deadline: Deadline,
    call: (token: string) => Promise<PartnerResponse>,
  ): Promise<PartnerResponse> {
    for (let isNew = false; ; isNew = true) {
      const token = await this.get(source, deadline);
      const answer = await call(token);
      if (answer.status !== UNAUTHORISED) return answer;
      // Forgotten, unless another one has taken its place.
      if (this.#entries.get(source.key)?.value === token) this.#entries.delete(source.key);
      if (isNew) return answer;
    }
  }

  async #join(running: Promise<string>, source: TokenSource, deadline: Deadline): Promise<string> {
    try {
      return await inTime(running, source, Deadline.after(deadline.remaining() / 2));
    } catch (error) {
      if (!isWithoutAnswer(error)) throw error;
      const renewed = this.#entries.get(source.key);
      if (renewed !== undefined && renewed.expiresAt > this.clock.elapsed()) return renewed.value;
      const newest = this.#renewals.get(source.key);
      const renewal = newest === undefined || newest === running ? this.#renew(source) : newest;
      return inTime(firstOf(running, renewal), source, deadline);
    }
  }

  #renew(source: TokenSource): Promise<string> {
    const renewal = this.#mint(source).finally(() => {
      if (this.#renewals.get(source.key) === renewal) this.#renewals.delete(source.key);
    });
    this.#renewals.set(source.key, renewal);
    return renewal;
  }

  async #mint({ key, mint }: TokenSource): Promise<string> {
    const askedAt = this.clock.elapsed();
    const { value, lifeMs } = await mint(Deadline.after(this.options.mintWithinMs));
    const expiresAt = askedAt + lifeMs;
    const renewAt = expiresAt - Math.min(RENEW_AHEAD_MS, lifeMs * RENEW_AHEAD_SHARE);
    this.#entries.delete(key);
    this.#entries.set(key, { value, renewAt, expiresAt });
    const [oldest] = this.#entries.keys();
    const { capacity = Infinity } = this.options;
    if (this.#entries.size > capacity && oldest !== undefined) this.#entries.delete(oldest);
    return value;
  }
}

/** A renewal serves several callers and runs on when one of them has no more time. */
async function inTime(
  renewal: Promise<string>,
  { partner, operation }: TokenSource,
  deadline: Deadline,
): Promise<string> {
  try {
    return await timeout(deadline.remaining(), TimeoutStrategy.Aggressive).execute(() => renewal);
  } catch (error) {
    if (!isTaskCancelledError(error)) throw error;
    throw new PartnerError(partner, operation, 'timeout', { cause: 'no answer in time' });
  }
}

/** The first one that succeeds, else what became of the newer one. */
async function firstOf(older: Promise<string>, newer: Promise<string>): Promise<string> {
  return Promise.any([older, newer]).catch(() => newer);
}

function isWithoutAnswer(error: unknown): boolean {
  return (
    error instanceof PartnerError &&
    error.httpStatus === undefined &&
    (error.fault === 'timeout' || error.fault === 'unavailable')
  );
}
