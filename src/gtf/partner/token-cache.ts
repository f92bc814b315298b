import type { Clock } from '../../platform/time';
import type { IssuedToken } from './token.wire';

interface Entry {
  readonly value: string;
  readonly renewAt: number;
  readonly expiresAt: number;
}

const RENEW_AT_MOST_BEFORE_MS = 300_000;
const RENEW_AT_LIFE_LEFT = 0.2;

/**
 * Tokens by owner. Renewed in the background shortly before they end (gtf.md §7.4), minted once however many ask at once,
 * and the longest unused are forgotten when there are too many.
 */
export class TokenCache {
  readonly #entries = new Map<string, Entry>();
  readonly #minting = new Map<string, Promise<string>>();

  constructor(
    private readonly clock: Clock,
    private readonly capacity: number,
  ) {}

  /** The token of `key`; `mint` is called when there is none, or its end is near. */
  async get(key: string, mint: () => Promise<IssuedToken>): Promise<string> {
    const entry = this.#entries.get(key);
    const now = this.clock.now();
    if (entry === undefined || entry.expiresAt <= now) return this.#mint(key, mint);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    // The present token is good: whoever asks does not wait for its successor, nor for the failure to get one.
    if (entry.renewAt <= now) this.#mint(key, mint).catch(() => undefined);
    return entry.value;
  }

  /** Forgets a token that was refused, unless another one has taken its place. */
  drop(key: string, value: string): void {
    if (this.#entries.get(key)?.value === value) this.#entries.delete(key);
  }

  #mint(key: string, mint: () => Promise<IssuedToken>): Promise<string> {
    const known = this.#minting.get(key);
    if (known !== undefined) return known;
    const minting = this.#store(key, mint).finally(() => this.#minting.delete(key));
    this.#minting.set(key, minting);
    return minting;
  }

  async #store(key: string, mint: () => Promise<IssuedToken>): Promise<string> {
    const { value, lifeMs } = await mint();
    const expiresAt = this.clock.now() + lifeMs;
    const renewAt = expiresAt - Math.min(RENEW_AT_MOST_BEFORE_MS, lifeMs * RENEW_AT_LIFE_LEFT);
    this.#entries.delete(key);
    this.#entries.set(key, { value, renewAt, expiresAt });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.capacity && oldest !== undefined) this.#entries.delete(oldest);
    return value;
  }
}
