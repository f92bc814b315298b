import sharp from 'sharp';
import { countScans } from './image-check';

describe('the scans of a JPEG', () => {
  const picture = (): sharp.Sharp =>
    sharp({ create: { width: 320, height: 320, channels: 3, background: '#567' } });
  const START_OF_SCAN = Buffer.from('ffda', 'hex');

  it('are one where it is sequential, and several where it is progressive', async () => {
    expect(countScans(await picture().jpeg().toBuffer())).toBe(1);
    expect(countScans(await picture().jpeg({ progressive: true }).toBuffer())).toBeGreaterThan(5);
  });

  it('are the first picture’s: neither a thumbnail’s in front of it nor another picture’s behind it', async () => {
    const [jpeg, thumbnail] = [await picture().jpeg().toBuffer(), await picture().jpeg().toBuffer()];
    const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), thumbnail]);
    segment.writeUInt16BE(thumbnail.length + 2, 2);
    const both = Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2), jpeg]);
    expect(countScans(both)).toBe(1);
  });

  it('are counted in one pass, whatever the bytes', () => {
    const megabytes = 8 * 1024 * 1024;
    const hostile = [0xff, 0xffc0, 0xffda, 0xff00, 0xffe10000, 0].map((pattern) =>
      Buffer.alloc(megabytes, Buffer.from(pattern.toString(16).padStart(2, '0'), 'hex')),
    );
    const started = performance.now();
    for (const bytes of hostile) expect(countScans(bytes)).toBeGreaterThanOrEqual(0);
    for (let length = 0; length < 6; length += 1) countScans(START_OF_SCAN.subarray(0, length));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
