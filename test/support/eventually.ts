import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  expect(await eventually(() => Promise.resolve(holds()), Boolean)).toBe(true);
}

/** Asks until the answer fits, for at most `timeoutMs`; then the last answer, so that the assertion shows what it was. */
export async function eventually<T>(
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (performance.now() > deadline) {
      console.warn(`waited ${timeoutMs} ms in vain`); // else nobody notices where the answer is not asserted
      return answer;
    }
    await sleep(POLL_MS);
  }
}
