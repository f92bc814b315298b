import type { Refusal } from '../providers/otp-provider';

/** Why nothing is sent by a channel for a while: `unavailable` may pass by itself, the others need an operator. */
export type OpenReason = 'unavailable' | 'setup' | 'spam';

/** `probe`: one try, which finds out whether the provider is back; the others rest meanwhile. */
export type BreakerDecision = 'go' | 'probe' | 'rest';

const OPEN_MS = 10_000;
const MAX_CONSECUTIVE_FAILURES = 5;
/** After so many recipients refused in unknown words, and none served in between, the account is taken to be at fault. */
const MAX_UNLISTED_RECIPIENTS = 3;
/**
 * Circuit breaker of one unit's account at one provider. Unlike the partner HTTP client's it knows outcomes: a wrong template opens it at
 * once, a recipient who is not on WhatsApp says nothing about WhatsApp.
 */
export class Breaker {
  #failures = 0;
  #open: { readonly reason: OpenReason; readonly until: number } | undefined;
  #probing = false;
  readonly #unlisted = new Set<string>();

  /** @param now milliseconds */
  constructor(private readonly now = () => performance.now()) {}

  get openBecause(): OpenReason | undefined {
    return this.#open?.reason;
  }

  /** Whether the last try failed for a reason that is not its recipient's. */
  get isFailing(): boolean {
    return this.#open !== undefined || this.#failures > 0;
  }

  /** Which tries may be made now; a `probe` must be followed by {@link record} or {@link abandon}. */
  ask(): BreakerDecision {
    if (this.#open === undefined) return 'go';
    if (this.#probing || this.now() < this.#open.until) return 'rest';
    this.#probing = true;
    return 'probe';
  }

  /** The try was not made after all. */
  abandon(): void {
    this.#probing = false;
  }

  /** @returns whether this result of a message to `recipient` opened the breaker */
  record(result: Refusal, recipient: string): boolean {
    this.#probing = false;
    if (result.unlisted) return this.#refusedInUnknownWords(recipient);
    const outcome = result.aboutRecipient ? 'recipient' : result.outcome;
    switch (outcome) {
      case 'accepted':
      case 'recipient':
      case 'throttled':
        this.#unlisted.clear();
        return this.#answered();
      case 'transient':
      case 'unknown':
        this.#failures += 1;
        return (
          (this.#open !== undefined || this.#failures >= MAX_CONSECUTIVE_FAILURES) &&
          this.#shut('unavailable')
        );
      case 'setup':
      case 'spam':
        return this.#shut(outcome);
    }
  }

  #refusedInUnknownWords(recipient: string): boolean {
    if (this.#unlisted.size < MAX_UNLISTED_RECIPIENTS) this.#unlisted.add(recipient);
    return this.#unlisted.size < MAX_UNLISTED_RECIPIENTS ? this.#answered() : this.#shut('setup');
  }

  #answered(): boolean {
    this.#failures = 0;
    this.#open = undefined;
    return false;
  }

  #shut(reason: OpenReason): boolean {
    const already = this.#open !== undefined && this.#open.until > this.now();
    this.#open = { reason, until: this.now() + OPEN_MS };
    return !already;
  }
}
