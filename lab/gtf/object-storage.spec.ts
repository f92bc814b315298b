import { createHash } from 'node:crypto';
import { BusinessUnit, Clock, send, startLab, upload } from './gtf-client.fixture';
import { readImageMark, sampleImage } from './image-mark';
import type { GtfLab } from './index';

let lab: GtfLab;
let clock: Clock;
let url: string;
let id: string;

beforeEach(async () => {
  clock = new Clock();
  lab = await startLab(clock);
  const { documents, ...created } = await new BusinessUnit(lab).create('KTP_SCAN');
  url = documents['KTP']?.documentUrl ?? '';
  ({ id } = created);
});
afterEach(() => lab.close());

const documentOf = (): unknown =>
  lab.submissions().find((submission) => submission.id === id)?.documents['KTP'];

describe('the object storage', () => {
  it('takes the bytes on a signed URL of its own host and port', async () => {
    const image = sampleImage();
    expect(new URL(url).origin).toBe(lab.storageUrl);
    expect(await upload(url, image)).toMatchObject({ status: 200, text: '' });
    expect(documentOf()).toMatchObject({
      status: 'UPLOADED',
      bytes: image.length,
      sha256: createHash('sha256').update(image).digest('hex'),
      isImage: true,
    });
    lab.behaviour.uploadStatus = 204;
    expect((await upload(url, image)).status).toBe(204);
    expect(lab.calls('upload')).toBe(2);
  });

  it('takes a stream of unknown length and any content type: only the host is signed', async () => {
    const chunks = [sampleImage().subarray(0, 100), sampleImage().subarray(100)];
    const body = new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
    const init: RequestInit & { duplex: 'half' } = { method: 'PUT', body, duplex: 'half' };
    expect((await send(url, init)).status).toBe(200);
    expect(documentOf()).toMatchObject({ status: 'UPLOADED', isImage: true });
  });

  it.each([
    ['a tampered path', (signed: string) => signed.replace('_KTP', '_SELFIE')],
    ['a longer expiry', (signed: string) => signed.replace('X-Amz-Expires=600', 'X-Amz-Expires=6000')],
    ['no signature', (signed: string) => signed.replace(/&X-Amz-Signature=.*$/, '')],
    ['an added parameter', (signed: string) => `${signed}&acl=public`],
  ])('refuses %s with 403 and XML', async (_name, edit) => {
    const answer = await upload(edit(url), sampleImage());
    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toContain('xml');
    expect(answer.text).toContain('<Code>SignatureDoesNotMatch</Code>');
    expect(documentOf()).toMatchObject({ status: 'PENDING' });
  });

  it('refuses the wrong method and an expired URL', async () => {
    expect((await send(url)).status).toBe(403);
    expect((await send(url, { method: 'POST', body: 'x' })).status).toBe(403);
    clock.advance(599);
    expect((await upload(url, sampleImage())).status).toBe(200);
    clock.advance(1);
    const answer = await upload(url, sampleImage());
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('Request has expired')]);
  });

  it('refuses a signed URL together with an Authorization header', async () => {
    const answer = await upload(url, sampleImage(), { headers: { authorization: 'Bearer token' } });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('Only one auth mechanism')]);
  });

  it('can be made to fail without the API failing', async () => {
    lab.storageFaults.next({ status: 503, body: '<Error/>' });
    expect((await upload(url, sampleImage())).status).toBe(503);
    expect((await upload(url, sampleImage())).status).toBe(200);
  });

  it('notes what is no image', async () => {
    await upload(url, 'hello');
    expect(documentOf()).toMatchObject({ status: 'UPLOADED', bytes: 5, isImage: false });
  });
});

describe('a mark in an image', () => {
  it('survives the PNG it is written into, and a JPEG comment', () => {
    const marks = { scenario: 'NOT_EKTP', nik: '3171234567890001', name: 'BUDI SANTOSO' };
    expect(readImageMark(sampleImage(marks))).toEqual(marks);
    const comment = Buffer.from('gtf-lab:scenario=VALID;', 'latin1');
    const jpeg = Buffer.concat([Buffer.from('ffd8fffe0019', 'hex'), comment, Buffer.from('ffd9', 'hex')]);
    expect(readImageMark(jpeg)).toEqual({ scenario: 'VALID' });
  });

  it('is absent from other images', () => {
    expect(readImageMark(sampleImage())).toEqual({});
  });
});
