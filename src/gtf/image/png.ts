import { crc32, createInflate, type Inflate } from 'node:zlib';
import type { ImageInspector, ImageSize } from './image-inspector';
import { ImageRefused } from './image-refused';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const HEADER_BYTES = 13;
/** Bit depths a colour type may have, and its channels (PNG specification, table 11.1). */
const COLOUR_TYPES: Readonly<
  Record<number, { readonly depths: readonly number[]; readonly channels: number }>
> = {
  0: { depths: [1, 2, 4, 8, 16], channels: 1 },
  2: { depths: [8, 16], channels: 3 },
  3: { depths: [1, 2, 4, 8], channels: 1 },
  4: { depths: [8, 16], channels: 2 },
  6: { depths: [8, 16], channels: 4 },
};
/** Offset and step of Adam7's seven passes: x, y, every x, every y. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const WHOLE = [[0, 0, 1, 1]] as const;

interface Chunk {
  readonly type: string;
  left: number;
  crc: number;
}

/**
 * Walks through a PNG's chunks, checks every checksum and unpacks the pixels without keeping them. Refuses what does not
 * decode, unpacks to more than its size says (a bomb), and anything after the end.
 */
export class PngInspector implements ImageInspector {
  size: ImageSize | undefined;
  #pending = Buffer.alloc(0);
  #wanted = SIGNATURE.length;
  #chunk: Chunk | undefined;
  #started = false;
  #done = false;
  #header = Buffer.alloc(0);
  #pixels: PixelCounter | undefined;
  readonly #seen = new Set<string>();
  #last = '';

  async push(bytes: Buffer): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#done) throw new ImageRefused('there is something after its end');
      if (this.#chunk !== undefined && this.#chunk.left > 0) {
        const part = bytes.subarray(at, at + this.#chunk.left);
        at += part.length;
        await this.#data(this.#chunk, part);
        continue;
      }
      const part = bytes.subarray(at, at + this.#wanted - this.#pending.length);
      at += part.length;
      this.#pending = Buffer.concat([this.#pending, part]);
      if (this.#pending.length === this.#wanted) await this.#field(this.#pending);
    }
  }

  end(): void {
    if (!this.#done) throw new ImageRefused('it ends too early');
  }

  /** A signature, a chunk's head (length and type), or its checksum. */
  async #field(field: Buffer): Promise<void> {
    this.#pending = Buffer.alloc(0);
    if (!this.#started) {
      if (!field.equals(SIGNATURE)) throw new ImageRefused('it is no PNG');
      this.#started = true;
      this.#wanted = 8;
    } else if (this.#chunk === undefined) {
      this.#chunk = {
        left: field.readUInt32BE(0),
        type: field.toString('latin1', 4),
        crc: crc32(field.subarray(4)),
      };
      this.#chunkBegins(this.#chunk);
      this.#wanted = 4;
    } else {
      if (field.readUInt32BE(0) !== this.#chunk.crc) throw new ImageRefused('it is damaged');
      await this.#chunkEnds(this.#chunk.type);
      this.#chunk = undefined;
      this.#wanted = 8;
    }
  }

  #chunkBegins({ type, left }: Chunk): void {
    const again = this.#seen.has(type);
    const first = this.#seen.size === 0;
    this.#seen.add(type);
    if (!/^[A-Za-z]{4}$/.test(type) || left > 0x7fffffff) throw new ImageRefused('it is damaged');
    if (first !== (type === 'IHDR')) throw new ImageRefused('it is damaged');
    if (type === 'IHDR' && left !== HEADER_BYTES) throw new ImageRefused('it is damaged');
    if (type === 'IDAT' && again && this.#last !== 'IDAT') throw new ImageRefused('it is damaged');
    // A capital first letter says that the image cannot be shown without knowing this chunk.
    if (/^[A-Z]/.test(type) && !['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type))
      throw new ImageRefused('it cannot be decoded');
    this.#last = type;
  }

  async #data(chunk: Chunk, part: Buffer): Promise<void> {
    chunk.left -= part.length;
    chunk.crc = crc32(part, chunk.crc);
    if (chunk.type === 'IHDR') this.#header = Buffer.concat([this.#header, part]);
    if (chunk.type === 'IDAT') await this.#pixels?.write(part);
  }

  async #chunkEnds(type: string): Promise<void> {
    if (type === 'IHDR') this.#readHeader();
    if (type !== 'IEND') return;
    if (!this.#seen.has('IDAT')) throw new ImageRefused('it cannot be decoded');
    await this.#pixels?.end();
    this.#done = true;
  }

  #readHeader(): void {
    const [width, height] = [this.#header.readUInt32BE(0), this.#header.readUInt32BE(4)];
    const [depth = 0, colour = 0, compression, filter, interlace = 0] = this.#header.subarray(8);
    const { depths, channels } = COLOUR_TYPES[colour] ?? { depths: [], channels: 0 };
    if (!depths.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1)
      throw new ImageRefused('it cannot be decoded');
    this.size = { width, height };
    this.#pixels = new PixelCounter(unpackedBytes(width, height, depth * channels, interlace === 1));
  }
}

/** One filter byte a row, then its pixels packed into whole bytes. */
function unpackedBytes(width: number, height: number, bitsPerPixel: number, interlaced: boolean): number {
  let bytes = 0;
  for (const [x, y, everyX, everyY] of interlaced ? ADAM7 : WHOLE) {
    const columns = Math.ceil((width - x) / everyX);
    const rows = Math.ceil((height - y) / everyY);
    if (columns > 0 && rows > 0) bytes += rows * (1 + Math.ceil((columns * bitsPerPixel) / 8));
  }
  return bytes;
}

/** Unpacks and counts; holds nothing. */
class PixelCounter {
  readonly #inflate: Inflate = createInflate();
  readonly #closed = new Promise<void>((resolve) => this.#inflate.once('close', resolve));
  #count = 0;
  #failed = false;

  constructor(private readonly expected: number) {
    this.#inflate.on('data', (pixels: Buffer) => {
      this.#count += pixels.length;
      if (this.#count > this.expected) this.#inflate.destroy(new Error('more than its size'));
    });
    this.#inflate.on('error', () => (this.#failed = true));
  }

  write(part: Buffer): Promise<void> {
    return this.#settled((done) => this.#inflate.write(part, () => done()));
  }

  async end(): Promise<void> {
    await this.#settled((done) => this.#inflate.end(() => done()));
    if (this.#count !== this.expected) throw new ImageRefused('it ends too early');
  }

  /** A stream that failed forgets its callbacks, but always closes. */
  async #settled(start: (done: () => void) => void): Promise<void> {
    await Promise.race([new Promise<void>(start), this.#closed]);
    if (this.#failed) throw new ImageRefused('it cannot be decoded');
  }
}
