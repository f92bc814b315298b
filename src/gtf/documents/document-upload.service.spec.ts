import { PassThrough, Readable } from 'node:stream';
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

describe('images of many people at once', () => {
  it('leave room for another person’s, and too many of one person are told to come back', async () => {
    const image = await sharp({ create: { width: 300, height: 300, channels: 3, background: '#567' } })
      .png()
      .toBuffer();
    const stored: string[] = [];
    const { promise: storageIsBack, resolve: comesBack } = Promise.withResolvers<void>();
    const uploads = new DocumentUpload(
      {
        uploadUrl: ({ submissionId }: SessionKey) => Promise.resolve(submissionId),
        uploaded: () => Promise.resolve(),
      } as unknown as SessionRepository,
      {
        put: async ({ url }: Upload) => {
          stored.push(url);
          if (url === 'greedy') await storageIsBack;
        },
      } as unknown as StorageClient,
      { values: { GTF_UPLOAD_TIMEOUT_MS: 60_000 } } as unknown as GtfSettings,
    );
    const upload = (person: string): Promise<unknown> =>
      uploads.upload(
        { businessUnit: 'nanovest', id: person, personId: person, status: 'open' } as Submission,
        'KTP',
        {
          contentType: 'image/png',
          contentLength: String(image.length),
          bytes: Readable.from([image]),
        },
      );
    const many = Promise.allSettled(Array.from({ length: 200 }, () => upload('greedy')));
    expect(await upload('modest')).toMatchObject({ type: 'KTP', bytes: image.length });
    expect(stored.length).toBeLessThan(24);
    comesBack();
    const refused = (await many).filter((one) => one.status === 'rejected');
    expect(refused.length).toBeGreaterThan(50);
    for (const { reason } of refused)
      expect(reason).toMatchObject({ status: 503, code: 'temporarily_unavailable', retryAfterSeconds: 5 });
  });
});
