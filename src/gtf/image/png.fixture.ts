import { crc32, deflateSync } from 'node:zlib';

/** One PNG chunk with its length and checksum. */
export function pngChunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}

export function pngHeader(width: number, height: number, depth = 8, colour = 0, interlace = 0): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlace], 8);
  return pngChunk('IHDR', header);
}

export const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
export const PNG_END = pngChunk('IEND');

/** A complete grey PNG. */
export function png(width = 640, height = 400): Buffer {
  const pixels = deflateSync(Buffer.alloc((width + 1) * height));
  return Buffer.concat([PNG_SIGNATURE, pngHeader(width, height), pngChunk('IDAT', pixels), PNG_END]);
}
