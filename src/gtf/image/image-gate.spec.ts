import { createHash, randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { GatewayError } from '../../platform/errors';
import { ImageGate, type ImageType, type PassedImage } from './image-gate';
import { jpeg, JPEG_END, JPEG_START, JPEG_TABLES, jpegFrame, jpegScan, jpegSegment } from './jpeg.fixture';
import { png, pngChunk, PNG_END, PNG_SIGNATURE, pngHeader } from './png.fixture';

const PATIENCE_MS = 2_000;

interface Through extends PassedImage {
  readonly sent: Buffer;
}

/** Sends an image in pieces of `pieceBytes`; what went on to the storage, also when it was refused half-way. */
async function send(image: Buffer, type: ImageType, pieceBytes = 4_096): Promise<Through> {
  const gate = await ImageGate.open(pieces(image, pieceBytes), type, PATIENCE_MS);
  const sent: Buffer[] = [];
  for await (const piece of gate.body()) sent.push(piece as Buffer);
  return { ...gate.passed(), sent: Buffer.concat(sent) };
}

async function* pieces(image: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < image.length; at += size) yield await Promise.resolve(image.subarray(at, at + size));
}

async function refusal(image: Buffer, type: ImageType): Promise<GatewayError> {
  const outcome: unknown = await send(image, type).catch((error: unknown) => error);
  if (!(outcome instanceof GatewayError)) throw new Error('the image was let through');
  return outcome;
}

const BIG_SEGMENT = jpegSegment(0xe2, Buffer.alloc(60_000));

describe('an image that is let through', () => {
  it.each([
    ['JPEG', 'image/jpeg', jpeg()],
    [
      'progressive JPEG',
      'image/jpeg',
      Buffer.concat([
        JPEG_START,
        JPEG_TABLES,
        jpegFrame(640, 400, 0xc2),
        jpegScan(500),
        jpegScan(4_000),
        JPEG_END,
      ]),
    ],
    [
      'JPEG with thumbnail and colour profile',
      'image/jpeg',
      Buffer.concat([
        JPEG_START,
        jpegSegment(0xe1, jpeg(160, 120)),
        BIG_SEGMENT,
        JPEG_TABLES,
        jpegFrame(640, 400),
        jpegScan(4_000),
        JPEG_END,
      ]),
    ],
    ['PNG', 'image/png', png()],
    ['interlaced PNG', 'image/png', interlaced(301, 303)],
  ] as const)('%s arrives byte for byte, whatever the pieces', async (_kind, type, image) => {
    const sha256 = createHash('sha256').update(image).digest('hex');
    for (const pieceBytes of [1, 7, 1_024, image.length]) {
      const { sent, ...passed } = await send(image, type, pieceBytes);
      expect(sent.equals(image)).toBe(true);
      expect(passed).toEqual({ sha256, bytes: image.length });
    }
  });
});

describe('an image that is refused', () => {
  const hostile: readonly (readonly [string, ImageType, Buffer, RegExp])[] = [
    ['nothing', 'image/jpeg', Buffer.alloc(0), /empty/],
    ['nothing at all as PNG', 'image/png', Buffer.alloc(0), /empty/],
    ['a PNG that calls itself JPEG', 'image/jpeg', png(), /no JPEG/],
    ['a JPEG that calls itself PNG', 'image/png', jpeg(), /no PNG/],
    ['text', 'image/jpeg', Buffer.from('<script>alert(1)</script>'), /no JPEG/],
    ['an SVG', 'image/png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /no PNG/],
    ['a GIF', 'image/png', Buffer.from('GIF89a'.padEnd(40)), /no PNG/],
    ['noise', 'image/jpeg', randomBytes(5_000), /no JPEG/],
    ['zeros', 'image/png', Buffer.alloc(5_000), /no PNG/],
    ['the first two bytes of a JPEG', 'image/jpeg', JPEG_START, /too early/],
    ['a JPEG without picture', 'image/jpeg', Buffer.concat([JPEG_START, JPEG_TABLES, JPEG_END]), /too early/],
    [
      'a JPEG with a web page behind it',
      'image/jpeg',
      Buffer.concat([jpeg(), Buffer.from('<html>')]),
      /after its end/,
    ],
    [
      'a JPEG with an archive behind it',
      'image/jpeg',
      Buffer.concat([jpeg(), Buffer.from('PK\x03\x04')]),
      /after its end/,
    ],
    [
      'a PNG with an archive behind it',
      'image/png',
      Buffer.concat([png(), Buffer.from('PK\x03\x04')]),
      /after its end/,
    ],
    [
      'a lossless JPEG',
      'image/jpeg',
      Buffer.concat([JPEG_START, jpegFrame(640, 400, 0xc3), JPEG_END]),
      /decoded/,
    ],
    [
      'an arithmetic-coded JPEG',
      'image/jpeg',
      Buffer.concat([JPEG_START, jpegFrame(640, 400, 0xc9)]),
      /decoded/,
    ],
    ['a 12-bit JPEG', 'image/jpeg', Buffer.concat([JPEG_START, jpegFrame(640, 400, 0xc1, 12)]), /decoded/],
    [
      'a JPEG without tables',
      'image/jpeg',
      Buffer.concat([JPEG_START, jpegFrame(640, 400), jpegScan(4_000), JPEG_END]),
      /decoded/,
    ],
    [
      'a JPEG with two pictures',
      'image/jpeg',
      Buffer.concat([
        JPEG_START,
        JPEG_TABLES,
        jpegFrame(640, 400),
        jpegFrame(640, 400),
        jpegScan(4_000),
        JPEG_END,
      ]),
      /decoded/,
    ],
    [
      'a JPEG of much too little data',
      'image/jpeg',
      Buffer.concat([JPEG_START, JPEG_TABLES, jpegFrame(4_000, 3_000), jpegScan(50), JPEG_END]),
      /too early/,
    ],
    [
      'a JPEG whose size comes after a megabyte',
      'image/jpeg',
      Buffer.concat([JPEG_START, ...Array.from({ length: 20 }, () => BIG_SEGMENT)]),
      /size cannot be found/,
    ],
    ['a JPEG bomb', 'image/jpeg', Buffer.concat([JPEG_START, jpegFrame(65_000, 65_000)]), /8000 pixels/],
    ['a JPEG of no height', 'image/jpeg', Buffer.concat([JPEG_START, jpegFrame(640, 0)]), /at least 300/],
    ['a PNG bomb', 'image/png', Buffer.concat([PNG_SIGNATURE, pngHeader(100_000, 100_000)]), /8000 pixels/],
    [
      'a PNG of 49 megapixels',
      'image/png',
      Buffer.concat([PNG_SIGNATURE, pngHeader(7_000, 7_000)]),
      /40000000 pixels/,
    ],
    ['a tiny PNG', 'image/png', png(299, 400), /at least 300/],
    ['a PNG that unpacks to more than its size', 'image/png', overfull(), /decoded|more than/],
    [
      'a PNG that unpacks to less than its size',
      'image/png',
      Buffer.concat([
        PNG_SIGNATURE,
        pngHeader(640, 400),
        pngChunk('IDAT', deflateSync(Buffer.alloc(1_000))),
        PNG_END,
      ]),
      /too early/,
    ],
    [
      'a PNG of pixels that do not unpack',
      'image/png',
      Buffer.concat([PNG_SIGNATURE, pngHeader(640, 400), pngChunk('IDAT', Buffer.alloc(2_000, 7)), PNG_END]),
      /decoded/,
    ],
    [
      'a PNG without pixels',
      'image/png',
      Buffer.concat([PNG_SIGNATURE, pngHeader(640, 400), PNG_END]),
      /decoded/,
    ],
    [
      'a PNG with an impossible colour type',
      'image/png',
      Buffer.concat([PNG_SIGNATURE, pngHeader(640, 400, 8, 5)]),
      /decoded/,
    ],
    ['a PNG with a wrong checksum', 'image/png', flipped(png(), -20), /damaged|decoded/],
    [
      'a PNG with an unknown essential part',
      'image/png',
      Buffer.concat([PNG_SIGNATURE, pngHeader(640, 400), pngChunk('EVIL')]),
      /decoded/,
    ],
  ];

  it.each(hostile)('%s', async (_what, type, image, why) => {
    const error = await refusal(image, type);
    expect(error).toMatchObject({ status: 422, code: 'invalid_image' });
    expect(error.detail).toMatch(why);
  });

  it('is refused wherever it is cut off', async () => {
    const images = [
      ['image/jpeg', jpeg(320, 320)],
      ['image/png', png(320, 320)],
    ] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...images),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        async ([type, image], share) => {
          const cut = image.subarray(0, Math.floor(image.length * share));
          const error = await refusal(cut, type);
          expect(error.status).toBe(422);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is refused as too large before it is read to its end', async () => {
    const endless = Buffer.concat([
      JPEG_START,
      JPEG_TABLES,
      jpegFrame(640, 400),
      jpegScan(9 * 1024 * 1024),
      JPEG_END,
    ]);
    expect(await refusal(endless, 'image/jpeg')).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  it('any bytes at all are let through or refused, never a surprise', async () => {
    const heads = fc.constantFrom(Buffer.alloc(0), JPEG_START, PNG_SIGNATURE, jpeg(320, 320), png(320, 320));
    const types = fc.constantFrom('image/jpeg' as const, 'image/png' as const);
    await fc.assert(
      fc.asyncProperty(heads, fc.uint8Array({ maxLength: 300 }), types, async (head, tail, type) => {
        const outcome: unknown = await send(Buffer.concat([head, tail]), type, 64).catch(
          (error: unknown) => error,
        );
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(GatewayError);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a sender', () => {
  it('that trickles is told so', async () => {
    const gate = ImageGate.open(never(), 'image/png', 30);
    await expect(gate).rejects.toMatchObject({ status: 408 });
  });

  it('that breaks off is not our partner’s failure', async () => {
    await expect(ImageGate.open(broken(), 'image/png', PATIENCE_MS)).rejects.toMatchObject({ status: 400 });
  });
});

async function* never(): AsyncGenerator<Buffer> {
  yield PNG_SIGNATURE;
  await new Promise(() => undefined);
}

async function* broken(): AsyncGenerator<Buffer> {
  yield PNG_SIGNATURE;
  await Promise.reject(new Error('aborted'));
}

function flipped(image: Buffer, at: number): Buffer {
  const edited = Buffer.from(image);
  const index = edited.length + at;
  edited.writeUInt8(edited.readUInt8(index) ^ 1, index);
  return edited;
}

function overfull(): Buffer {
  const pixels = deflateSync(Buffer.alloc(2_000_000));
  return Buffer.concat([PNG_SIGNATURE, pngHeader(640, 400), pngChunk('IDAT', pixels), PNG_END]);
}

function interlaced(width: number, height: number): Buffer {
  const passes = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const;
  const bytes = passes.reduce(
    (sum, [x, y, dx, dy]) => sum + Math.ceil((height - y) / dy) * (1 + Math.ceil((width - x) / dx)),
    0,
  );
  const pixels = pngChunk('IDAT', deflateSync(Buffer.alloc(bytes)));
  return Buffer.concat([PNG_SIGNATURE, pngHeader(width, height, 8, 0, 1), pixels, PNG_END]);
}
