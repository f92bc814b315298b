import { crc32, deflateSync } from 'node:zlib';

const MARK = /gtf-lab:((?:[A-Za-z]+=[^;\p{Cc}]*;)+)/u;

/** Reads what a test wrote into an image: the scenario and the card's fields (see the table in scenarios.ts). */
export function readImageMark(image: Buffer): Record<string, string> {
  const [, pairs = ''] = MARK.exec(image.toString('latin1')) ?? [];
  const entries = pairs
    .split(';')
    .filter((pair) => pair !== '')
    .map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
  return Object.fromEntries(entries);
}

export function isJpegOrPng(image: Buffer): boolean {
  const hex = image.subarray(0, 8).toString('hex');
  return hex.startsWith('ffd8ff') || hex === '89504e470d0a1a0a';
}

/**
 * A valid grey PNG that carries a mark; `dots` are its shades, row by row. Values must not hold `;` or control characters.
 * @param marks `scenario` and fields of the card, e.g. `{ scenario: 'NOT_EKTP', nik: '…' }`
 */
export function sampleImage(
  marks: Readonly<Record<string, string>> = {},
  width = 640,
  height = 400,
  dots?: Buffer,
): Buffer {
  const pairs = Object.entries(marks).map(([name, value]) => `${name}=${value};`);
  const text =
    pairs.length === 0 ? [] : [chunk('tEXt', Buffer.from(`Comment\0gtf-lab:${pairs.join('')}`, 'latin1'))];
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8); // bit depth; the remaining zeros: greyscale, deflate, no filter, no interlace
  const rows = Buffer.alloc((width + 1) * height, 0x80);
  for (let row = 0; row < height; row += 1) {
    rows.writeUInt8(0, row * (width + 1));
    dots?.copy(rows, row * (width + 1) + 1, row * width, (row + 1) * width);
  }
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...text,
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}
