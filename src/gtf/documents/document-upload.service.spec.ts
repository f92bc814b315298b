import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import type { Submission } from '../../kyc-ledger';
import type { SessionKey } from '../gtf.entity';
import type { GtfSettings } from '../gtf.settings';
import type { SessionRepository } from '../sessions/session.repository';
import { DocumentUpload, receiveImage } from './document-upload.service';
import type { StorageClient, Upload } from './storage.client';

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

/** So many images of the largest size are held at once. */
const PLACES = 16;

/**
 * Uploads to a storage that does with each image what the test says.
 * @param patienceMs of the gateway with storage and sender
 * @param announced how many bytes each image may have; undefined: as many as are allowed
 */
async function uploadsTo(put: (person: string) => Promise<void>, patienceMs = 60_000, announced?: number) {
  const image = await sharp({ create: { width: 300, height: 300, channels: 3, background: '#567' } })
    .png()
    .toBuffer();
  const uploads = new DocumentUpload(
    {
      uploadUrl: ({ submissionId }: SessionKey) => Promise.resolve(submissionId),
      uploaded: () => Promise.resolve(),
    } as unknown as SessionRepository,
    { put: ({ url }: Upload) => put(url) } as unknown as StorageClient,
    { values: { GTF_UPLOAD_TIMEOUT_MS: patienceMs } } as unknown as GtfSettings,
  );
  return (person: string, businessUnit = 'nanovest'): Promise<unknown> =>
    uploads.upload({ businessUnit, id: person, personId: person, status: 'open' } as Submission, 'KTP', {
      contentType: 'image/png',
      contentLength: announced?.toString(),
      bytes: Readable.from([image]),
    });
}

const BUSY = { status: 503, code: 'temporarily_unavailable', retryAfterSeconds: 5 };

describe('images of many people at once', () => {
  it('leave room for another person’s, and too many of one person are told to come back', async () => {
    const stored: string[] = [];
    const { promise: storageIsBack, resolve: comesBack } = Promise.withResolvers<void>();
    const upload = await uploadsTo(async (person) => {
      stored.push(person);
      if (person === 'greedy') await storageIsBack;
    });
    const many = Promise.allSettled(Array.from({ length: 200 }, () => upload('greedy')));
    expect(await upload('modest')).toMatchObject({ type: 'KTP' });
    expect(stored.length).toBeLessThan(PLACES);
    comesBack();
    const refused = (await many).filter((one) => one.status === 'rejected');
    expect(refused.length).toBeGreaterThan(50);
    for (const { reason } of refused) expect(reason).toMatchObject(BUSY);
  });

  it('are let in as long as there is room, then one after the other, the earliest first', async () => {
    const finish: (() => void)[] = [];
    const stored: string[] = [];
    const upload = await uploadsTo((person) => {
      stored.push(person);
      return new Promise((resolve) => finish.push(resolve));
    });
    const people = Array.from({ length: PLACES + 2 }, (_, number) => `person ${number}`);
    const done = people.map((person, number) => upload(person, number % 2 === 0 ? 'nanovest' : 'siminvest'));
    for (const held of [PLACES, PLACES + 1, PLACES + 2]) {
      while (stored.length < held) await sleep(5);
      expect(stored).toHaveLength(held);
      finish.shift()?.();
    }
    expect(stored.slice(PLACES)).toEqual(people.slice(PLACES));
    for (const end of finish) end();
    await Promise.all(done);
  });

  it('are all let in when they are of the usual size', async () => {
    const { promise: storageIsBack, resolve: comesBack } = Promise.withResolvers<void>();
    const stored: string[] = [];
    const store = async (person: string): Promise<void> => {
      stored.push(person);
      await storageIsBack;
    };
    const upload = await uploadsTo(store, 60_000, 500_000);
    const people = Array.from({ length: 3 * PLACES }, (_, number) => `person ${number}`);
    const done = people.map((person, number) => upload(person, number % 2 === 0 ? 'nanovest' : 'siminvest'));
    while (stored.length < people.length) await sleep(5);
    comesBack();
    await Promise.all(done);
  });

  it('leave their room when they fail', async () => {
    const upload = await uploadsTo((person) =>
      person === 'lucky' ? Promise.resolve() : Promise.reject(new Error('refused')),
    );
    const failing = Array.from({ length: 2 * PLACES }, (_, number) => upload(`person ${number}`));
    for (const one of await Promise.allSettled(failing)) expect(one.status).toBe('rejected');
    expect(await upload('lucky')).toMatchObject({ type: 'KTP' });
  });

  it('that wait too long are told to come back, and hold up nobody', async () => {
    const { promise: storageIsBack, resolve: comesBack } = Promise.withResolvers<void>();
    const stored: string[] = [];
    const upload = await uploadsTo(async (person) => {
      stored.push(person);
      await storageIsBack;
    }, 2_000);
    const first = Array.from({ length: 4 }, () => upload('patient'));
    while (stored.length < first.length) await sleep(5);
    await expect(upload('patient')).rejects.toMatchObject(BUSY);
    comesBack();
    await Promise.all(first);
    expect(await upload('patient')).toMatchObject({ type: 'KTP' });
    expect(stored).toHaveLength(first.length + 1);
  });
});
