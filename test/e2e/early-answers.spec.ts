import { ApiDocument } from '../support/api-document';
import { GtfPerson } from '../support/gtf-person';
import { RawConnection } from '../support/raw-connection';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

/** Answers that are given before their request has arrived completely. */
let gateway: TestGateway;
const connections: RawConnection[] = [];

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => {
  for (const connection of connections.splice(0)) connection.close();
});
afterAll(async () => {
  await gateway?.close();
});

async function connect(): Promise<RawConnection> {
  const connection = await RawConnection.open(gateway.url);
  connections.push(connection);
  return connection;
}

interface Upload {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
}

function head({ method, path, headers }: Upload, framing: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\nHost: a\r\n${lines.join('')}${framing}\r\n\r\n`;
}

/** The head and a first piece, the answer, the rest: then the next caller on the connection, as behind a proxy. */
async function expectUsable(upload: Upload, status: number): Promise<void> {
  const connection = await connect();
  connection.send(head(upload, `Content-Length: ${upload.bytes}`));
  connection.send(Buffer.alloc(1_000, 0x20));
  const answer = await connection.answer();
  expect([upload.path, answer?.status]).toEqual([upload.path, status]);
  await connection.sendAll(Buffer.alloc(upload.bytes - 1_000, 0x20));
  if (answer?.headers['connection'] === 'close') {
    expect([upload.path, await connection.end()]).toEqual([upload.path, true]);
    return;
  }
  connection.send('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
  const next = await connection.answer({ within: 5_000 });
  expect([upload.path, next?.status]).toEqual([upload.path, 200]);
}

const photograph = Buffer.from('000000186674797068656963000000006d69663168656963', 'hex');

const office = { Authorization: backOffice('nanovest'), 'Content-Type': 'application/json' };

describe('who is answered before they have sent everything', () => {
  it('as a stranger on any route leaves a connection that the next caller can use', async () => {
    const { operations } = await ApiDocument.of(gateway);
    for (const { method, path, security } of operations) {
      if (security === undefined) continue;
      const address = path.replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000');
      await expectUsable({ method, path: address, headers: {}, bytes: 360_000 }, 401);
    }
  });

  it('as a business unit with too large, foreign or packed bodies likewise', async () => {
    const json = { 'Content-Type': 'application/json' };
    const office = { Authorization: backOffice('nanovest') };
    const sender = { Authorization: otpSender('nanovest') };
    const cases: [string, Record<string, string>, number, number][] = [
      ['/v1/common-kyc', { ...office, ...json }, 360_000, 413],
      ['/v1/common-kyc', { ...office, 'Content-Type': 'text/plain' }, 60_000, 415],
      ['/v1/common-kyc', { ...office, ...json, 'Content-Encoding': 'gzip' }, 60_000, 415],
      ['/v1/webhooks/otp', { ...sender, ...json }, 360_000, 413],
      ['/v1/webhooks/otp', { ...sender, 'Content-Type': 'image/png' }, 360_000, 415],
      ['/v1/nothing', office, 360_000, 404],
      ['/v1/submissions', office, 360_000, 405],
    ];
    for (const [path, headers, bytes, status] of cases)
      await expectUsable({ method: 'POST', path, headers, bytes }, status);
  });

  it('as a person whose picture is refused likewise', async () => {
    const person = new GtfPerson(gateway);
    const { submissionId } = (await person.create()).body as { submissionId: string };
    const path = `/v1/gtf/submissions/${submissionId}/documents/KTP`;
    const authorization = { Authorization: `Bearer ${person.token}` };
    const upload = { method: 'PUT', path, bytes: 360_000 };
    await expectUsable({ ...upload, headers: { ...authorization, 'Content-Type': 'image/heic' } }, 415);
    await expectUsable(
      {
        ...upload,
        path: path.replace(submissionId, '00000000-0000-4000-8000-000000000000'),
        headers: authorization,
      },
      404,
    );
    const heic = await connect();
    heic.send(
      head(
        { ...upload, headers: { ...authorization, 'Content-Type': 'image/jpeg' } },
        'Content-Length: 360000',
      ),
    );
    await heic.sendAll(Buffer.concat([photograph, Buffer.alloc(360_000 - photograph.length, 7)]));
    expect(await heic.answer()).toMatchObject({ status: 422 });
    heic.send('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await heic.answer({ within: 5_000 })).toMatchObject({ status: 200 });
  });

  const tooMuch: [string, (person: GtfPerson, id: string) => Upload][] = [
    [
      'data of a person',
      () => ({ method: 'POST', path: '/v1/common-kyc', headers: office, bytes: 9_000_000 }),
    ],
    [
      'a picture',
      (person, id) => ({
        method: 'PUT',
        path: `/v1/gtf/submissions/${id}/documents/KTP`,
        headers: { Authorization: `Bearer ${person.token}`, 'Content-Type': 'image/png' },
        bytes: 9_000_000,
      }),
    ],
    [
      'a callback',
      () => ({
        method: 'POST',
        path: '/coe/submissions-callback',
        headers: { Authorization: gateway.environment['BU_NANOVEST_GTF_CALLBACK_SECRET'] ?? '' },
        bytes: 9_000_000,
      }),
    ],
  ];
  it.each(
    tooMuch.flatMap(([name, order]) => [
      [name, 'announced', order] as const,
      [name, 'in pieces', order] as const,
    ]),
  )(
    'reads why although they send %s of nine megabytes to the end, %s, and the connection is usable or said to end',
    async (_name, how, order) => {
      const person = new GtfPerson(gateway);
      const { submissionId } = (await person.create()).body as { submissionId: string };
      const upload = order(person, submissionId);
      const connection = await connect();
      const isChunked = how === 'in pieces';
      connection.send(
        head(upload, isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${upload.bytes}`),
      );
      const piece = Buffer.alloc(100_000, 0x20);
      for (let sent = 0; sent < 90; sent += 1) {
        if (isChunked) connection.send(`${piece.length.toString(16)}\r\n`);
        expect(await connection.sendAll(piece)).toBe(true);
        if (isChunked) connection.send('\r\n');
      }
      if (isChunked) connection.send('0\r\n\r\n');
      const answer = await connection.answer();
      const keeps = isChunked ? 'close' : 'keep-alive';
      expect([answer?.status, answer?.headers['connection']]).toEqual([413, keeps]);
      expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'payload_too_large' });
      if (isChunked) return void expect(await connection.end()).toBe(true);
      connection.send('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(await connection.answer({ within: 5_000 })).toMatchObject({ status: 200 });
    },
  );

  it('is told so and loses the connection when it sends without end', async () => {
    const connection = await connect();
    connection.send('POST /v1/nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 99000000\r\n\r\n');
    expect(await connection.answer()).toMatchObject({ status: 404, headers: { connection: 'close' } });
    const sent = await connection.sendAll(Buffer.alloc(99_000_000)).catch(() => false);
    expect(sent).toBe(false);
  });

  it('reads why headers were too large although they send them all', async () => {
    const connection = await connect();
    connection.send('GET /health/live HTTP/1.1\r\nHost: a\r\n');
    for (let sent = 0; sent < 30; sent += 1)
      await connection.sendAll(Buffer.from(`X-A: ${'y'.repeat(10_000)}\r\n`));
    expect(await connection.answer()).toMatchObject({ status: 431 });
    expect(await connection.end()).toBe(true);
  });
});

describe('asking for the head of an answer alone', () => {
  it('leaves a connection that can be used, on every route that can be read', async () => {
    const person = new GtfPerson(gateway);
    const id = await person.prepare();
    const { operations } = await ApiDocument.of(gateway);
    const readable = operations.filter(({ method }) => method === 'GET');
    expect(readable.length).toBeGreaterThan(8);
    for (const { path } of readable) {
      const address = path.replace('{businessUnit}', 'nanovest').replaceAll(/\{\w+\}/g, id);
      const connection = await connect();
      const headers = `Host: a\r\nAuthorization: ${backOffice('nanovest')}\r\n`;
      connection.send(`HEAD ${address} HTTP/1.1\r\n${headers}\r\n`);
      const answer = await connection.answer({ ofHead: true });
      expect([path, answer?.status]).toEqual([path, expect.any(Number)]);
      connection.send('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
      const next = await connection.answer({ within: 5_000 });
      expect([path, next?.status, next?.body]).toEqual([path, 200, '{"status":"ok"}']);
    }
  });

  it('of a stream says what it is and opens none', async () => {
    const person = new GtfPerson(gateway);
    const id = await person.prepare();
    const answer = await gateway.http
      .head(`/v1/submissions/${id}/stream`)
      .set('Authorization', `Bearer ${person.token}`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('text/event-stream');
    expect((await gateway.http.get('/metrics')).text).toContain('submission_streams_open 0');
  });
});
