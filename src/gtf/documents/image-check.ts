import { bulkhead } from 'cockatiel';
import type { Metadata, SharpOptions } from 'sharp';
import { GatewayError } from '../../platform/errors';

/** Contract §6: 300–8000 px a side, at most 40 megapixels, at most 8 MB. */
export const MAX_IMAGE_BYTES = 8 * 1024 * 1024;
const MIN_SIDE = 300;
const MAX_SIDE = 8_000;
const MAX_PIXELS = 40_000_000;

export type ImageType = 'image/jpeg' | 'image/png';

/** What cameras and optimisers write has fewer than twenty; each costs a pass over the whole picture. */
const MAX_SCANS = 100;
/** A progressive or interlaced picture of 40 megapixels takes 370 MB while it is decoded. */
const DECODED_AT_ONCE = 1;
const DECODED_SIDE = 64;

const OPTIONS: SharpOptions = {
  // Damage that leaves the picture whole, such as stray bytes between segments, is passed over by every decoder.
  failOn: 'error',
  limitInputPixels: MAX_PIXELS,
  ignoreIcc: true,
};

/** The bytes are no image that is handed on. `why` describes the file, never its content. */
class ImageRefused extends GatewayError {
  constructor(why: string) {
    super(422, 'invalid_image', `The image is refused: ${why}.`);
  }
}

type Sharp = typeof import('sharp');

let loading: Promise<Sharp> | undefined;

/** Loaded with the first image: the library takes 20 MB and a tenth of a second, which a start should not cost. */
function decoder(): Promise<Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // A caller's bytes reach these two decoders only.
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer'] });
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
  return loading;
}

const decoding = bulkhead(DECODED_AT_ONCE, Infinity);

/**
 * Checks an image as a mainstream decoder does (contract §7.4): by its bytes and not by its content type, within the size rules.
 * @throws ImageRefused
 */
export function checkImage(bytes: Buffer): Promise<ImageType> {
  return decoding.execute(async () => {
    const sharp = await decoder();
    const head = await opened(() => sharp(bytes, { ...OPTIONS, limitInputPixels: false }).metadata());
    checkSize(head);
    if (head.format === 'jpeg' && countScans(bytes) > MAX_SCANS)
      throw new ImageRefused('it has too many layers');
    const size = { width: DECODED_SIDE, height: DECODED_SIDE, fit: 'inside' } as const;
    await opened(() => sharp(bytes, OPTIONS).resize(size).raw().toBuffer());
    return head.format === 'jpeg' ? 'image/jpeg' : 'image/png';
  });
}

/** The decoder's own message is not shown: it may repeat what is in the file. */
async function opened<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch {
    throw new ImageRefused('it is no JPEG or PNG, or damaged or incomplete');
  }
}

function checkSize({ width, height }: Metadata): void {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (short < MIN_SIDE) throw new ImageRefused(`each side must have at least ${MIN_SIDE} pixels`);
  if (long > MAX_SIDE) throw new ImageRefused(`no side may have more than ${MAX_SIDE} pixels`);
  if (width * height > MAX_PIXELS) throw new ImageRefused(`it may have at most ${MAX_PIXELS} pixels`);
}

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/**
 * How many scans a JPEG's first picture has (ITU-T T.81 §B.1). The decoder makes one pass over the picture for each: a file of
 * 450 kB can order 2,646 of them, half a minute. Stray bytes in a marker's place are passed over, as decoders do.
 */
export function countScans(jpeg: Buffer): number {
  let scans = 0;
  let at = jpeg.indexOf(0xff, 2);
  while (at !== -1 && at + 4 <= jpeg.length) {
    const marker = jpeg.readUInt8(at + 1);
    if (marker === END_OF_IMAGE) break;
    if (marker === START_OF_SCAN) scans += 1;
    const next = hasSegment(marker) ? at + 2 + jpeg.readUInt16BE(at + 2) : at + (marker === 0xff ? 1 : 2);
    at = jpeg.indexOf(0xff, next);
  }
  return scans;
}

/** Neither fill bytes, stuffed data (FF 00), restart markers nor the other markers that stand alone. */
function hasSegment(marker: number): boolean {
  return marker >= 0xc0 && marker !== 0xff && (marker < 0xd0 || marker > 0xd9);
}
