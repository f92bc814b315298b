import { createHash, randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { sampleImage } from '../../lab/gtf';
import { GtfPerson } from '../support/gtf-person';
import {
  endlessScans,
  jpegSegment,
  photographs,
  PNG_SIGNATURE,
  pngChunk,
  pngHeader,
  withSegments,
} from '../support/pictures';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let person: GtfPerson;
let submissionId: string;

beforeAll(async () => {
  // One person stands for many.
  gateway = await startTestGateway({ environment: { GTF_LIMIT_PER_PERSON_PER_DAY: '0' } });
  person = new GtfPerson(gateway);
  ({ submissionId } = (await person.create()).body as { submissionId: string });
});
afterAll(async () => {
  await gateway?.close();
});

const MEGABYTE = 1024 * 1024;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const picture = (width = 900, height = 700): sharp.Sharp =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } });
const flat = (side: number): sharp.Sharp =>
  sharp({ create: { width: side, height: side, channels: 3, background: '#567' } });

/** The image arrives at GTF's storage byte for byte, with its length and its own type. */
async function arrives(image: Buffer, named: string, own = named): Promise<void> {
  const answer = await person.upload(submissionId, 'KTP', image, named);
  expect(answer.body).toEqual({ type: 'KTP', sha256: sha256(image), bytes: image.length });
  const stored = gateway.lab.gtf.submissions()[0]?.documents['KTP'];
  expect(stored).toMatchObject({ sha256: sha256(image), bytes: image.length });
  const { headers } = gateway.lab.gtf.storageRequests().at(-1) ?? {};
  expect(headers).toMatchObject({ 'content-type': own, 'content-length': String(image.length) });
  expect(headers).not.toHaveProperty('transfer-encoding');
}

describe('a photograph that a person takes', () => {
  it.each(photographs())('with a camera or a phone reaches GTF as it is: %s', async (_name, photograph) => {
    await arrives(photograph, 'image/jpeg');
  });

  const wrapped: Readonly<Record<string, () => Promise<Buffer>>> = {
    'one byte after its end': async () =>
      Buffer.concat([await picture().jpeg().toBuffer(), Buffer.from([0])]),
    'a second picture behind it, which its header announces (MPF)': async () => {
      const mpf = jpegSegment(0xe2, Buffer.concat([Buffer.from('MPF\0MM\0*\0\0\0\x08'), Buffer.alloc(60)]));
      const jpeg = await picture().jpeg().toBuffer();
      return Buffer.concat([withSegments(jpeg, mpf), await flat(400).jpeg().toBuffer()]);
    },
    'a Samsung trailer': async () =>
      Buffer.concat([
        await picture().jpeg().toBuffer(),
        Buffer.from('\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1700000000000SEFH\x6b\0\0\0\x01\0\0\0'),
        Buffer.from('\0\0\x01\x0a\x23\0\0\0\x23\0\0\0\x18\0\0\0SEFT'),
      ]),
    'a motion photo’s film behind it': async () =>
      Buffer.concat([
        await picture().jpeg().toBuffer(),
        Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0isommp42'),
        randomBytes(2 * MEGABYTE),
      ]),
    'padding up to a block of 64 KiB': async () => {
      const jpeg = await picture().jpeg().toBuffer();
      return Buffer.concat([jpeg, Buffer.alloc(65_536 - (jpeg.length % 65_536))]);
    },
    'six megabytes of metadata in front of its size': async () => {
      const xmp = Buffer.concat([
        Buffer.from('http://ns.adobe.com/xmp/extension/\0'),
        Buffer.alloc(65_000, 'A'),
      ]);
      const segments = Array.from({ length: 96 }, () => jpegSegment(0xe1, xmp));
      return withSegments(await picture().jpeg().toBuffer(), ...segments);
    },
    'metadata that makes no sense': async () =>
      withSegments(
        await picture().jpeg().toBuffer(),
        jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0MM\0*'), randomBytes(500)])),
        jpegSegment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01'), randomBytes(500)])),
      ),
    'stray bytes before a marker': async () => {
      const jpeg = await picture().jpeg().toBuffer();
      return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0, 1, 2]), jpeg.subarray(2)]);
    },
    'progressive coding': () => picture().jpeg({ progressive: true }).toBuffer(),
    'the colours of print (CMYK)': () => picture().toColourspace('cmyk').jpeg().toBuffer(),
    'no colours': () => picture().toColourspace('b-w').jpeg().toBuffer(),
    'forty megapixels': () => flat(6_300).jpeg({ progressive: true }).toBuffer(),
  };
  it.each(Object.entries(wrapped))('passes with %s', async (_what, image) => {
    await arrives(await image(), 'image/jpeg');
  });

  it('passes under the name image/jpg, and with parameters', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    await arrives(jpeg, 'image/jpg', 'image/jpeg');
    await arrives(jpeg, 'image/JPEG; charset=binary', 'image/jpeg');
  });

  it('passes under the wrong one of the two names, and reaches GTF under its own', async () => {
    await arrives(await picture().jpeg().toBuffer(), 'image/png', 'image/jpeg');
    await arrives(sampleImage(), 'image/jpeg', 'image/png');
  });

  it('passes as PNG of 16 bits, interlaced, with a palette, and with something behind its end', async () => {
    await arrives(await picture(400, 300).toColourspace('rgb16').png().toBuffer(), 'image/png');
    await arrives(await picture(400, 300).png({ progressive: true }).toBuffer(), 'image/png');
    await arrives(await picture(400, 300).png({ palette: true }).toBuffer(), 'image/png');
    await arrives(Buffer.concat([sampleImage(), Buffer.from('behind')]), 'image/png');
  });
});

describe('a picture that cannot be read', () => {
  const heic = Buffer.concat([Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), randomBytes(360_000)]);
  const unreadable: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
    'an iPhone’s HEIC that calls itself JPEG': () => heic,
    'a WebP': () => picture().webp().toBuffer(),
    'a TIFF': () => picture().tiff().toBuffer(),
    'an SVG': () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900"/>'),
    'a web page that begins like a JPEG': () =>
      Buffer.from('\xff\xd8\xff\xe0<script>alert(1)</script>', 'latin1'),
    'half a photograph': async () => {
      const jpeg = await picture().jpeg().toBuffer();
      return jpeg.subarray(0, jpeg.length / 2);
    },
    'half a progressive photograph': async () => {
      const jpeg = await picture().jpeg({ progressive: true }).toBuffer();
      return jpeg.subarray(0, jpeg.length / 2);
    },
    'a small one': () => picture(299, 400).jpeg().toBuffer(),
    'one of 30,000 pixels a side': () =>
      Buffer.concat([
        PNG_SIGNATURE,
        pngHeader(30_000, 30_000),
        pngChunk('IDAT', deflateSync(Buffer.alloc(9))),
      ]),
    'one of more than 40 megapixels': () => flat(6_400).jpeg().toBuffer(),
  };
  it.each(Object.entries(unreadable))('is refused: %s', async (_what, image) => {
    const before = gateway.lab.gtf.calls('upload');
    const answer = await person.upload(submissionId, 'KTP', await image(), 'image/jpeg');
    expect(answer.body).toMatchObject({ status: 422, code: 'invalid_image' });
    expect(gateway.lab.gtf.calls('upload')).toBe(before);
  });

  it('is refused at once where it would keep a decoder busy for half a minute', async () => {
    const image = endlessScans(await flat(6_300).jpeg({ progressive: true }).toBuffer());
    const started = performance.now();
    const answer = await person.upload(submissionId, 'KTP', image, 'image/jpeg');
    expect(answer.body).toMatchObject({ status: 422, code: 'invalid_image' });
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('a storage that is busy', () => {
  it.each([429, 503])('with %d is unavailable, and says when to come back', async (status) => {
    gateway.lab.gtf.storageFaults.next({ status, body: '<Error/>', headers: { 'retry-after': '9' } });
    const answer = await person.upload(submissionId, 'KTP');
    expect(answer.body).toMatchObject({ status: 503, code: 'partner_unavailable' });
    expect(answer.headers['retry-after']).toBe('9');
  });

  it('and breaks the connection once gets the picture again', async () => {
    gateway.lab.gtf.storageFaults.next({ reset: true });
    expect((await person.upload(submissionId, 'KTP')).status).toBe(200);
  });
});

const MAX_GROWTH = 160 * MEGABYTE;

interface Hostile {
  readonly image: Buffer;
  readonly type: string;
  readonly status: number;
}

/** A quarter of a gigabyte in a small chunk of a picture that opens all the same. */
function bomb(type: string, head: string): Buffer {
  const data = Buffer.concat([Buffer.from(head), deflateSync(Buffer.alloc(256 * MEGABYTE))]);
  const good = sampleImage();
  return Buffer.concat([good.subarray(0, 33), pngChunk(type, data), good.subarray(33)]);
}

/** A hundred images of people who mean harm: what does not open is refused, and what opens costs no more than it shows. */
function hostileImages(): Hostile[] {
  const good = sampleImage({}, 1_600, 1_200);
  const cut = good.length - 20;
  const png = (image: Buffer, status: number): Hostile => ({ image, type: 'image/png', status });
  const texts = bomb('zTXt', 'Comment\0\0');
  const profile = bomb('iCCP', 'icc\0\0');
  const tooLittle = pngChunk('IDAT', deflateSync(Buffer.alloc(1_000)));
  const kinds: ((index: number) => Hostile)[] = [
    () => png(texts, 200),
    () => png(profile, 200),
    (index) => png(good.subarray(0, cut - index), 422),
    () => png(Buffer.concat([Buffer.alloc(7 * MEGABYTE), sampleImage()]), 422),
    () => png(Buffer.concat([PNG_SIGNATURE, pngHeader(5_000, 8_000, 16, 6), tooLittle]), 422),
    () => png(Buffer.concat([PNG_SIGNATURE, pngHeader(60_000, 60_000)]), 422),
    () => png(Buffer.alloc(0), 422),
    (index) => ({ image: randomBytes(1_000 * (index + 1)), type: 'image/jpeg', status: 422 }),
    () => ({ image: Buffer.from('<svg onload="alert(1)"/>'), type: 'image/svg+xml', status: 415 }),
    () => ({ image: Buffer.alloc(9 * MEGABYTE, 0xff), type: 'image/jpeg', status: 413 }),
  ];
  return Array.from({ length: 100 }, (_, index) =>
    (kinds[index % kinds.length] ?? (() => png(good, 0)))(index),
  );
}

describe('a hundred hostile images', () => {
  async function resident(): Promise<number> {
    const { text } = await gateway.http.get('/metrics');
    return Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1]);
  }

  it('are answered as documented, and memory stays flat', async () => {
    const images = hostileImages();
    const before = await resident();
    const statuses: number[] = [];
    for (let index = 0; index < images.length; index += 10) {
      const ten = images
        .slice(index, index + 10)
        .map(({ image, type }) => person.upload(submissionId, 'KTP', image, type));
      statuses.push(...(await Promise.all(ten)).map(({ status }) => status));
    }
    expect(statuses).toEqual(images.map(({ status }) => status));
    expect((await resident()) - before).toBeLessThan(MAX_GROWTH);
    expect((await person.upload(submissionId, 'KTP')).status).toBe(200);
  });
});
