import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageMemory, receiveImage } from './document-upload.service';

const PATIENCE_MS = 10_000;
const IMAGE = Buffer.from('an image of some length');

describe('an image on its way in', () => {
  it.each([1, 7, IMAGE.length])('is whole in the end, in pieces of %d bytes', async (size) => {
    const pieces = Array.from({ length: Math.ceil(IMAGE.length / size) }, (_, index) =>
      IMAGE.subarray(index * size, (index + 1) * size),
    );
    for (const expected of [IMAGE.length, IMAGE.length + 100])
      expect(await receiveImage(Readable.from(pieces), expected, PATIENCE_MS)).toEqual(IMAGE);
  });

  it('may be nothing', async () => {
    expect(await receiveImage(Readable.from([]), 0, PATIENCE_MS)).toEqual(Buffer.alloc(0));
  });

  it('is refused when it is larger than it may be', async () => {
    const received = receiveImage(Readable.from([IMAGE, IMAGE]), IMAGE.length, PATIENCE_MS);
    await expect(received).rejects.toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  it('is refused when its sender takes too long, and not listened to any more', async () => {
    const sender = new PassThrough();
    sender.write(IMAGE);
    await expect(receiveImage(sender, 1_000, 20)).rejects.toMatchObject({ status: 408 });
    expect(sender.listenerCount('data')).toBe(0);
    sender.destroy(new Error('late'));
    await new Promise((resolve) => sender.once('close', resolve));
  });

  it.each([
    ['breaks off', (sender: PassThrough) => sender.destroy()],
    ['fails', (sender: PassThrough) => sender.destroy(new Error('reset'))],
  ])('is refused when its sender %s, before or meanwhile', async (_what, breakOff) => {
    const refused = { status: 400, code: 'invalid_request' };
    const sender = new PassThrough();
    const received = receiveImage(sender, 1_000, PATIENCE_MS);
    sender.write(IMAGE);
    breakOff(sender);
    await expect(received).rejects.toMatchObject(refused);
    await expect(receiveImage(sender, 1_000, PATIENCE_MS)).rejects.toMatchObject(refused);
  });
});

const WAIT_MS = 10_000;

/** An upload that goes on until it is ended. */
function upload(memory: ImageMemory, bytes: number, patienceMs = WAIT_MS) {
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
    const failing = memory.hold(10, WAIT_MS, () => Promise.reject(new Error('refused')));
    await expect(failing).rejects.toThrow('refused');
    await expect(memory.hold(10, WAIT_MS, () => Promise.resolve('in'))).resolves.toBe('in');
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
