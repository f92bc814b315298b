import { setTimeout as sleep } from 'node:timers/promises';
import { ImageMemory } from './image-memory';

const PATIENCE_MS = 10_000;

/** An upload that goes on until it is ended. */
function upload(memory: ImageMemory, bytes: number, patienceMs = PATIENCE_MS) {
  const state = { begun: false, end: (): void => undefined };
  const ended = new Promise<void>((resolve) => (state.end = resolve));
  const done = memory.hold(bytes, patienceMs, () => {
    state.begun = true;
    return ended;
  });
  return Object.assign(state, { done });
}

describe('images of many people at once', () => {
  it('are let in as long as there is room, then one after the other, the earliest first', async () => {
    const memory = new ImageMemory(10);
    const [first, large, small] = [upload(memory, 6), upload(memory, 8), upload(memory, 2)];
    await sleep(0);
    expect([first.begun, large.begun, small.begun]).toEqual([true, false, false]);
    first.end();
    await first.done;
    await sleep(0);
    expect([large.begun, small.begun]).toEqual([true, true]);
    large.end();
    small.end();
    await Promise.all([large.done, small.done]);
    const whole = upload(memory, 10);
    await sleep(0);
    expect(whole.begun).toBe(true);
    whole.end();
    await whole.done;
  });

  it('leave their room when they fail', async () => {
    const memory = new ImageMemory(10);
    const failing = memory.hold(10, PATIENCE_MS, () => Promise.reject(new Error('refused')));
    await expect(failing).rejects.toThrow('refused');
    await expect(memory.hold(10, PATIENCE_MS, () => Promise.resolve('in'))).resolves.toBe('in');
  });

  it('that wait too long are told to come back, and hold up nobody', async () => {
    const memory = new ImageMemory(10);
    const first = upload(memory, 6);
    const [late, behind] = [upload(memory, 10, 20), upload(memory, 4)];
    const busy = { status: 503, code: 'temporarily_unavailable', retryAfterSeconds: 5 };
    await expect(late.done).rejects.toMatchObject(busy);
    await sleep(0);
    expect(behind.begun).toBe(true);
    first.end();
    behind.end();
    await Promise.all([first.done, behind.done]);
  });

  it('are told to come back at once when two hundred wait already', async () => {
    const memory = new ImageMemory(10);
    const first = upload(memory, 10);
    const waiting = Array.from({ length: 200 }, () => upload(memory, 1));
    await expect(upload(memory, 1).done).rejects.toMatchObject({ status: 503 });
    first.end();
    for (const one of waiting) one.end();
    await Promise.all([first, ...waiting].map(({ done }) => done));
  });
});
