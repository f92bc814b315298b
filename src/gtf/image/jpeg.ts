import type { ImageInspector, ImageSize } from './image-inspector';
import { ImageRefused } from './image-refused';

/** Markers of ITU-T T.81 table B.1. */
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DQT = 0xdb;
const DHT = 0xc4;
const NOT_FRAMES = new Set([DHT, 0xc8, 0xcc]);
/** Baseline, extended sequential and progressive, Huffman coded: what browsers and GTF decode. */
const DECODABLE_FRAMES = new Set([0xc0, 0xc1, 0xc2]);
const COMPONENTS = new Set([1, 3, 4]);
const FRAME_HEADER_BYTES = 6;

type State = 'start' | 'marker' | 'length' | 'segment' | 'scan' | 'done';

/**
 * Walks through a JPEG's markers. Refuses what no decoder shows: no picture, several, an unusual coding, an end too early,
 * too little data for the size, and anything after the end, where polyglot files keep their other half.
 */
export class JpegInspector implements ImageInspector {
  size: ImageSize | undefined;
  #state: State = 'start';
  #header: number[] = [];
  #marker = 0;
  #left = 0;
  #prefixed = false;
  #scanBytes = 0;
  readonly #tables = new Set<number>();

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'scan') at = this.#scan(chunk, at);
      else if (this.#state === 'segment') at = this.#segment(chunk, at);
      else this.#byte(chunk.readUInt8(at++));
    }
  }

  end(): void {
    if (this.#state !== 'done') throw new ImageRefused('it ends too early');
  }

  /** Skips through entropy-coded data to the next marker. */
  #scan(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      if (!this.#prefixed) {
        const next = chunk.indexOf(0xff, at);
        const until = next === -1 ? chunk.length : next;
        this.#scanBytes += until - at;
        if (next === -1) return chunk.length;
        this.#prefixed = true;
        at = next + 1;
        continue;
      }
      const code = chunk.readUInt8(at++);
      if (code === 0xff) continue;
      this.#prefixed = false;
      if (code === 0) this.#scanBytes += 1;
      else if (code < 0xd0 || code > 0xd7) {
        this.#begin(code);
        return at;
      }
    }
    return at;
  }

  #segment(chunk: Buffer, from: number): number {
    const until = Math.min(chunk.length, from + this.#left);
    const wanted = FRAME_HEADER_BYTES - this.#header.length;
    if (isFrame(this.#marker) && wanted > 0)
      this.#header.push(...chunk.subarray(from, Math.min(until, from + wanted)));
    this.#left -= until - from;
    if (this.#left === 0) this.#segmentEnds();
    return until;
  }

  #byte(byte: number): void {
    switch (this.#state) {
      case 'start':
        this.#header.push(byte);
        if (this.#header.length < 2) return;
        if (this.#header[0] !== 0xff || byte !== SOI) throw new ImageRefused('it is no JPEG');
        this.#state = 'marker';
        return;
      case 'marker':
        if (byte === 0xff) this.#prefixed = true;
        else if (this.#prefixed) this.#begin(byte);
        else throw new ImageRefused('it is no JPEG');
        return;
      case 'length':
        this.#header.push(byte);
        if (this.#header.length === 2) this.#segmentBegins();
        return;
      case 'done':
        throw new ImageRefused('there is something after its end');
      case 'scan':
      case 'segment':
        throw new Error('read in blocks');
    }
  }

  #begin(marker: number): void {
    this.#marker = marker;
    this.#prefixed = false;
    this.#header = [];
    if (marker === EOI) return this.#imageEnds();
    if (marker === SOI || marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd7))
      throw new ImageRefused('it is damaged');
    this.#state = 'length';
  }

  #segmentBegins(): void {
    const [high = 0, low = 0] = this.#header;
    this.#left = high * 256 + low - 2;
    this.#header = [];
    if (this.#left < 0) throw new ImageRefused('it is damaged');
    this.#state = 'segment';
    if (this.#left === 0) this.#segmentEnds();
  }

  #segmentEnds(): void {
    if (isFrame(this.#marker)) this.#frame();
    if (this.#marker === SOS) {
      if (this.size === undefined || !this.#tables.has(DQT) || !this.#tables.has(DHT))
        throw new ImageRefused('it cannot be decoded');
      this.#state = 'scan';
      return;
    }
    this.#tables.add(this.#marker);
    this.#state = 'marker';
  }

  #frame(): void {
    const [precision, heightHigh = 0, heightLow = 0, widthHigh = 0, widthLow = 0, components = 0] =
      this.#header;
    if (
      this.size !== undefined ||
      !DECODABLE_FRAMES.has(this.#marker) ||
      precision !== 8 ||
      !COMPONENTS.has(components)
    )
      throw new ImageRefused('it cannot be decoded');
    this.size = { width: widthHigh * 256 + widthLow, height: heightHigh * 256 + heightLow };
  }

  #imageEnds(): void {
    const { width, height } = this.size ?? { width: 0, height: 0 };
    // Every block of 8 by 8 pixels takes at least one bit.
    const fewestBytes = (Math.ceil(width / 8) * Math.ceil(height / 8)) / 8;
    if (this.#scanBytes === 0 || this.#scanBytes < fewestBytes) throw new ImageRefused('it ends too early');
    this.#state = 'done';
  }
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && !NOT_FRAMES.has(marker);
}
