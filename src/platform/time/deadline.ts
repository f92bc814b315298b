/** A point in time after which an answer is of no use to the caller any more. */
export class Deadline {
  /** @param at milliseconds on the monotonic clock (`performance.now()`) */
  private constructor(private readonly at: number) {}

  static after(milliseconds: number): Deadline {
    return new Deadline(performance.now() + milliseconds);
  }

  /** Milliseconds left, never negative. */
  remaining(): number {
    return Math.max(0, this.at - performance.now());
  }
}
