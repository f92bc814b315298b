import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GatewayError } from '../../platform/errors';
import { tooLarge } from '../../platform/http';
import type { ImageInspector } from './image-inspector';
import { ImageRefused } from './image-refused';
import { JpegInspector } from './jpeg';
import { PngInspector } from './png';

/** Content types that may be uploaded, with who inspects them. */
const INSPECTORS = {
  'image/jpeg': () => new JpegInspector(),
  'image/png': () => new PngInspector(),
} as const satisfies Record<string, () => ImageInspector>;
export type ImageType = keyof typeof INSPECTORS;

export function isImageType(contentType: string): contentType is ImageType {
  return Object.hasOwn(INSPECTORS, contentType);
}

/** Contract §6: 300–8000 px a side, at most 40 megapixels, at most 8 MB. */
export const MOST_IMAGE_BYTES = 8 * 1024 * 1024;
const SHORTEST_SIDE = 300;
const LONGEST_SIDE = 8_000;
const MOST_PIXELS = 40_000_000;
/** The size stands behind thumbnails and colour profiles; more than this in front of it is no photograph. */
const MOST_BYTES_BEFORE_SIZE = 1024 * 1024;

/** What went through the gate. */
export interface PassedImage {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Lets an image through piece by piece. Nothing leaves before type and size are known to be acceptable, and the last piece
 * leaves only when the image turned out complete: an upload that is refused half-way never becomes an object in the storage.
 */
export class ImageGate {
  readonly #inspector: ImageInspector;
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #digest = createHash('sha256');
  readonly #held: Buffer[] = [];
  readonly #patienceMs: number;
  #waitedMs = 0;
  #bytes = 0;

  private constructor(source: AsyncIterable<Buffer>, type: ImageType, patienceMs: number) {
    this.#pieces = source[Symbol.asyncIterator]();
    this.#inspector = INSPECTORS[type]();
    this.#patienceMs = patienceMs;
  }

  /**
   * Reads as much as tells type and size.
   * @param patienceMs how long the sender may keep us waiting in all
   * @throws ImageRefused 422; GatewayError 413 or 408
   */
  static async open(source: AsyncIterable<Buffer>, type: ImageType, patienceMs: number): Promise<ImageGate> {
    const gate = new ImageGate(source, type, patienceMs);
    while (gate.#inspector.size === undefined) {
      if (gate.#bytes > MOST_BYTES_BEFORE_SIZE) throw new ImageRefused('its size cannot be found');
      const piece = await gate.#next();
      if (piece === undefined)
        throw new ImageRefused(gate.#bytes === 0 ? 'it is empty' : 'it ends too early');
      gate.#held.push(piece);
    }
    judgeSize(gate.#inspector.size);
    return gate;
  }

  /** The image, to be sent on; fails with ImageRefused, 413 or 408 when the rest is not acceptable. */
  body(): Readable {
    return Readable.from(this.#rest(), { objectMode: false });
  }

  /** Call once the body was read to its end. */
  passed(): PassedImage {
    return { sha256: this.#digest.digest('hex'), bytes: this.#bytes };
  }

  async *#rest(): AsyncGenerator<Buffer> {
    let last = this.#held.pop();
    yield* this.#held.splice(0);
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
      if (last !== undefined) yield last;
      last = piece;
    }
    await this.#inspector.end();
    if (last !== undefined) yield last;
  }

  async #next(): Promise<Buffer | undefined> {
    const result = await this.#patiently(this.#pieces.next().catch(cutShort));
    if (result.done === true) return undefined;
    const piece = result.value;
    this.#bytes += piece.length;
    if (this.#bytes > MOST_IMAGE_BYTES) throw tooLarge(MOST_IMAGE_BYTES);
    this.#digest.update(piece);
    await this.#inspector.push(piece);
    return piece;
  }

  /** A sender that trickles is told so; it must not look like a storage that hangs. */
  async #patiently<T>(next: Promise<T>): Promise<T> {
    const started = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const tooSlow = new Promise<never>((_resolve, reject) => {
      const refuse = (): void =>
        reject(new GatewayError(408, 'invalid_request', 'The image took too long to arrive.'));
      timer = setTimeout(refuse, this.#patienceMs - this.#waitedMs);
    });
    try {
      return await Promise.race([next, tooSlow]);
    } finally {
      clearTimeout(timer);
      this.#waitedMs += performance.now() - started;
    }
  }
}

function judgeSize({ width, height }: { readonly width: number; readonly height: number }): void {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (short < SHORTEST_SIDE) throw new ImageRefused(`each side must have at least ${SHORTEST_SIDE} pixels`);
  if (long > LONGEST_SIDE) throw new ImageRefused(`no side may have more than ${LONGEST_SIDE} pixels`);
  if (width * height > MOST_PIXELS) throw new ImageRefused(`it may have at most ${MOST_PIXELS} pixels`);
}

function cutShort(): never {
  throw new GatewayError(400, 'invalid_request', 'The image did not arrive completely.');
}
