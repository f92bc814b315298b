/**
 * Work of one kind that requests bring along, done in a row at the end of a turn of the event loop: what one of them has fetched into
 * the processor's caches the next one finds there, where the rest of a request in between would push it out (ADR 0003).
 */
export class TurnBatch {
  #waiting: (() => void)[] = [];

  /** @param work throws nothing */
  add(work: () => void): void {
    if (this.#waiting.push(work) === 1) setImmediate(() => this.#run());
  }

  #run(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    for (const work of batch) work();
  }
}
