/** One JPEG marker segment. */
export function jpegSegment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

export function jpegFrame(width: number, height: number, marker = 0xc0, precision = 8): Buffer {
  const frame = Buffer.alloc(9);
  frame.writeUInt8(precision, 0);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  frame.set([1, 1, 0x11, 0], 5);
  return jpegSegment(marker, frame);
}

export const JPEG_START = Buffer.from([0xff, 0xd8]);
export const JPEG_END = Buffer.from([0xff, 0xd9]);
/** Quantisation and Huffman tables; their content is not looked at. */
export const JPEG_TABLES = Buffer.concat([
  jpegSegment(0xdb, Buffer.alloc(65)),
  jpegSegment(0xc4, Buffer.alloc(20)),
]);

/** Start of scan and entropy-coded data of `bytes` bytes, with stuffing and a restart marker in it. */
export function jpegScan(bytes: number): Buffer {
  const data = Buffer.alloc(bytes, 0x5a);
  return Buffer.concat([
    jpegSegment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    data,
    Buffer.from([0xff, 0x00, 0x11, 0xff, 0xd0, 0x22]),
  ]);
}

/** A complete grey JPEG as far as anything short of decoding its pixels can tell. */
export function jpeg(width = 640, height = 400): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  return Buffer.concat([JPEG_START, JPEG_TABLES, jpegFrame(width, height), jpegScan(blocks), JPEG_END]);
}
