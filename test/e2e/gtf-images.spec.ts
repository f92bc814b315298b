import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { sampleImage } from '../../lab/gtf';
import { pngChunk, PNG_END, PNG_SIGNATURE, pngHeader } from '../../src/gtf/image/png.fixture';
import { GtfPerson } from '../support/gtf-person';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.close();
});

const MEGABYTE = 1024 * 1024;
const MOST_GROWTH = 160 * MEGABYTE;

/** A quarter of a gigabyte in a small file, announced as an ordinary photograph of sixteen megabytes. */
function bomb(): Buffer {
  const pixels = deflateSync(Buffer.alloc(256 * MEGABYTE));
  return Buffer.concat([PNG_SIGNATURE, pngHeader(2_000, 2_000, 8, 6), pngChunk('IDAT', pixels), PNG_END]);
}

interface Hostile {
  readonly image: Buffer;
  readonly type: string;
  readonly status: number;
}

/** A hundred images nobody should let through. */
function hostileImages(): Hostile[] {
  const good = sampleImage({}, 1_600, 1_200);
  const large = Buffer.concat([sampleImage(), Buffer.alloc(7 * MEGABYTE)]);
  const unpacksToTooMuch = bomb();
  const kinds: ((index: number) => Hostile)[] = [
    (index) => ({ image: Buffer.concat([good, randomBytes(index + 1)]), type: 'image/png', status: 422 }),
    (index) => ({ image: good.subarray(0, good.length - 1 - index), type: 'image/png', status: 422 }),
    () => ({ image: large, type: 'image/png', status: 422 }),
    () => ({ image: unpacksToTooMuch, type: 'image/png', status: 422 }),
    () => ({
      image: Buffer.concat([PNG_SIGNATURE, pngHeader(60_000, 60_000)]),
      type: 'image/png',
      status: 422,
    }),
    () => ({ image: Buffer.alloc(0), type: 'image/jpeg', status: 422 }),
    () => ({ image: good, type: 'image/jpeg', status: 422 }),
    (index) => ({ image: randomBytes(1_000 * (index + 1)), type: 'image/jpeg', status: 422 }),
    () => ({ image: Buffer.from('<svg onload="alert(1)"/>'), type: 'image/svg+xml', status: 415 }),
    () => ({ image: Buffer.alloc(9 * MEGABYTE, 0xff), type: 'image/jpeg', status: 413 }),
  ];
  return Array.from({ length: 100 }, (_, index) =>
    (kinds[index % kinds.length] ?? (() => ({ image: good, type: '', status: 0 })))(index),
  );
}

describe('a hundred hostile images', () => {
  it('are refused as documented, none is stored, and memory stays flat', async () => {
    const person = new GtfPerson(gateway);
    const created = await person.create();
    const { submissionId } = created.body as { submissionId: string };
    const images = hostileImages();
    const before = process.memoryUsage().rss;
    const statuses: number[] = [];
    for (let index = 0; index < images.length; index += 10) {
      const ten = images
        .slice(index, index + 10)
        .map(({ image, type }) => person.upload(submissionId, 'KTP', image, type));
      statuses.push(...(await Promise.all(ten)).map(({ status }) => status));
    }
    expect(statuses).toEqual(images.map(({ status }) => status));
    expect(process.memoryUsage().rss - before).toBeLessThan(MOST_GROWTH);
    const [submission] = gateway.lab.gtf.submissions();
    expect(submission?.documents['KTP']).toMatchObject({ status: 'PENDING', bytes: 0 });
    expect((await person.upload(submissionId, 'KTP')).status).toBe(200);
  });
});
