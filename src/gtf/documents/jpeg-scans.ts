const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/**
 * How many scans a JPEG's first picture has (ITU-T T.81 §B.1). The decoder makes one pass over the picture for each: a file of
 * 450 kB can order 2,646 of them, half a minute. Bytes that stand where a marker should are passed over, as decoders do.
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
