import type { IBackoff, IBackoffFactory } from 'cockatiel';

/** How long a breaker stays open. Cockatiel compares with the system's clock, which may be set meanwhile. */
export class OpenFor implements IBackoffFactory<unknown> {
  constructor(private readonly ms: number) {}

  next(): IBackoff<unknown> {
    const until = performance.now() + this.ms;
    return {
      next: () => this.next(),
      get duration() {
        return performance.now() < until ? Infinity : -Infinity;
      },
    };
  }
}
