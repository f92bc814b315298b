import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/time';
import { BoundedMap } from '../../platform/memory';

const FAILURES_ALLOWED = 20;
const WINDOW_MS = 60_000;
const ADDRESSES_REMEMBERED = 10_000;

interface Window {
  readonly endsAt: number;
  failures: number;
}

/**
 * Slows down whoever guesses credentials: after 20 failures within a minute an address is told 429 instead of 401
 * (contract §6, Wire). It is asked only after credentials were found wrong, so nobody can lock out a business unit behind the same
 * address.
 */
@Injectable()
export class FailureLimiter {
  readonly #windows = new BoundedMap<Window>(ADDRESSES_REMEMBERED);

  constructor(private readonly clock: Clock) {}

  /** Counts a failure. Returns the seconds to wait when there were too many, else 0. */
  failed(address: string): number {
    const now = this.clock.now();
    const known = this.#windows.get(address);
    const window =
      known !== undefined && known.endsAt > now ? known : { endsAt: now + WINDOW_MS, failures: 0 };
    if (window !== known) this.#windows.set(address, window);
    window.failures += 1;
    return window.failures > FAILURES_ALLOWED ? Math.ceil((window.endsAt - now) / 1000) : 0;
  }
}
