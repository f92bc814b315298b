/** A point in time after which an answer is of no use to the caller any more. */
export class Deadline {
  /** @param at milliseconds on the monotonic clock (`performance.now()`) */
  private constructor(private readonly at: number) {}

  static after(milliseconds: number): Deadline {
    return new Deadline(performance.now() + milliseconds);
  }

  /** Milliseconds left, never negative. Whole ones: resolvers, sockets and drivers refuse fractions, or take them for 0. */
  remaining(): number {
    return Math.max(0, Math.ceil(this.at - performance.now()));
  }
}
