import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/time';

const FAILURES_ALLOWED = 20;
const WINDOW_MS = 60_000;
const ADDRESSES_REMEMBERED = 10_000;

interface Window {
  readonly endsAt: number;
  failures: number;
}

/**
 * Slows down whoever guesses credentials: after 20 failures within a minute an address is told 429 instead of 401
 * (contract §6, Wire). Valid credentials are never asked for, so nobody can lock out a business unit behind the same address.
 */
@Injectable()
export class FailureLimiter {
  readonly #windows = new Map<string, Window>();

  constructor(private readonly clock: Clock) {}

  /** Counts a failure. Returns the seconds to wait when there were too many, else 0. */
  failed(address: string): number {
    const now = this.clock.now();
    const window = this.#window(address, now);
    window.failures += 1;
    return window.failures > FAILURES_ALLOWED ? Math.ceil((window.endsAt - now) / 1000) : 0;
  }

  #window(address: string, now: number): Window {
    const known = this.#windows.get(address);
    if (known !== undefined && known.endsAt > now) return known;
    this.#windows.delete(address);
    const oldest = this.#windows.keys().next();
    if (this.#windows.size >= ADDRESSES_REMEMBERED && !oldest.done) this.#windows.delete(oldest.value);
    const fresh = { endsAt: now + WINDOW_MS, failures: 0 };
    this.#windows.set(address, fresh);
    return fresh;
  }
}
