import { bulkhead } from 'cockatiel';
import type { Metadata, SharpOptions } from 'sharp';
import { MAX_PIXELS, MAX_SIDE, MIN_SIDE } from './image-limits';
import { ImageRefused } from './image-refused';
import { countScans } from './jpeg-scans';

export type ImageType = 'image/jpeg' | 'image/png';

const SIGNATURES: readonly (readonly [ImageType, Buffer])[] = [
  ['image/jpeg', Buffer.from('ffd8', 'hex')],
  ['image/png', Buffer.from('89504e470d0a1a0a', 'hex')],
];
/** What cameras and optimisers write has fewer than twenty; each costs a pass over the whole picture. */
const MAX_SCANS = 100;
/** A progressive or interlaced picture of 40 megapixels takes 370 MB while it is decoded. */
const DECODED_AT_ONCE = 1;
const DECODED_SIDE = 64;

const OPTIONS: SharpOptions = {
  // Damage that leaves the picture whole, such as stray bytes between segments, is what every decoder passes over.
  failOn: 'error',
  limitInputPixels: MAX_PIXELS,
  ignoreIcc: true,
};

type Sharp = typeof import('sharp');

let loading: Promise<Sharp> | undefined;

/** Loaded with the first image: the library takes 20 MB and a tenth of a second, which a start should not cost. */
function decoder(): Promise<Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // No decoder but these two ever sees a caller's bytes.
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
 * Judges an image as a mainstream decoder does (contract §7.4): by its bytes, whatever they were called, within the size rules.
 * @throws ImageRefused
 */
export async function checkImage(bytes: Buffer): Promise<ImageType> {
  if (bytes.length === 0) throw new ImageRefused('it is empty');
  const type = typeOf(bytes);
  if (type === undefined) throw new ImageRefused('it is neither JPEG nor PNG');
  if (type === 'image/jpeg' && countScans(bytes) > MAX_SCANS)
    throw new ImageRefused('it has too many layers');
  await decoding.execute(() => decode(bytes));
  return type;
}

function typeOf(bytes: Buffer): ImageType | undefined {
  return SIGNATURES.find(([, signature]) => bytes.subarray(0, signature.length).equals(signature))?.[0];
}

async function decode(bytes: Buffer): Promise<void> {
  const sharp = await decoder();
  judgeSize(await opened(sharp(bytes, { ...OPTIONS, limitInputPixels: false }).metadata()));
  const size = { width: DECODED_SIDE, height: DECODED_SIDE, fit: 'inside' } as const;
  await opened(sharp(bytes, OPTIONS).resize(size).raw().toBuffer());
}

/** Why a decoder gives up is its own word, which may repeat what is in the file. */
async function opened<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch {
    throw new ImageRefused('it is damaged or incomplete');
  }
}

function judgeSize({ width, height }: Metadata): void {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (short < MIN_SIDE) throw new ImageRefused(`each side must have at least ${MIN_SIDE} pixels`);
  if (long > MAX_SIDE) throw new ImageRefused(`no side may have more than ${MAX_SIDE} pixels`);
  if (width * height > MAX_PIXELS) throw new ImageRefused(`it may have at most ${MAX_PIXELS} pixels`);
}
