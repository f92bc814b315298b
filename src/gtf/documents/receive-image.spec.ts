import { PassThrough, Readable } from 'node:stream';
import { receiveImage } from './receive-image';

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
