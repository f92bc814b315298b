import { gzipSync } from 'node:zlib';
import { ApiDocument, type Operation } from '../support/api-document';
import { RawConnection, type RawAnswer } from '../support/raw-connection';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

/** What HTTP allows, or clients do, although the gateway does not take it: every answer is a documented one. */
let gateway: TestGateway;
let operations: readonly Operation[];

beforeAll(async () => {
  gateway = await startTestGateway();
  ({ operations } = await ApiDocument.of(gateway));
});
afterAll(async () => {
  await gateway?.close();
});

async function exchange(bytes: string | Buffer): Promise<RawAnswer | undefined> {
  const connection = await RawConnection.open(gateway.url);
  connection.send(bytes);
  const answer = await connection.answer({ within: 5_000 });
  connection.close();
  return answer;
}

const OFFICE = `Host: a\r\nAuthorization: ${backOffice('nanovest')}\r\n`;
const SENDER = `Host: a\r\nAuthorization: ${otpSender('nanovest')}\r\n`;
const JSON_BODY = 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';

function post(path: string, lines: string, rest = JSON_BODY): string {
  return `POST ${path} HTTP/1.1\r\n${lines}${rest}`;
}

function expectProblem(answer: RawAnswer | undefined, status: number): void {
  expect(answer?.status).toBe(status);
  expect(answer?.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem = JSON.parse(answer?.body ?? '') as Record<string, unknown>;
  expect(problem).toMatchObject({ status, code: expect.any(String), detail: expect.any(String) });
  expect(problem['title']).not.toBe('Error');
  expect(problem['requestId']).toBe(answer?.headers['x-request-id']);
}

function documented(method: string, path: string): string[] {
  const operation = operations.find((one) => one.method === method && one.path === path);
  return Object.keys(operation?.responses ?? {});
}

const long = 'y'.repeat(1_000);
const chunkedBody =
  'Content-Type: application/json\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n';
const packed = gzipSync('{}');

describe('a request that is unusual', () => {
  const cases: [string, number, string, string, string | Buffer][] = [
    [
      'an address that is too long',
      414,
      'GET',
      '/v1/submissions/{id}',
      `GET /v1/submissions/${long} HTTP/1.1\r\n${OFFICE}\r\n`,
    ],
    [
      'an address beyond all bounds',
      431,
      'GET',
      '/v1/submissions',
      `GET /v1/submissions?${long.repeat(20)} HTTP/1.1\r\n${OFFICE}\r\n`,
    ],
    [
      'an expectation nobody knows',
      417,
      'POST',
      '/v1/common-kyc',
      post('/v1/common-kyc', `${OFFICE}Expect: wonders\r\n`),
    ],
    ['two hosts', 400, 'GET', '/v1/submissions', `GET /v1/submissions HTTP/1.1\r\nHost: b\r\n${OFFICE}\r\n`],
    [
      'two hosts on an open route',
      400,
      'GET',
      '/health/live',
      'GET /health/live HTTP/1.1\r\nHost: b\r\nHost: a\r\n\r\n',
    ],
    ['no host', 400, 'GET', '/v1/submissions', 'GET /v1/submissions HTTP/1.1\r\n\r\n'],
    ['a packed transfer', 400, 'POST', '/v1/common-kyc', post('/v1/common-kyc', OFFICE, chunkedBody)],
    [
      'a packed body',
      415,
      'POST',
      '/v1/common-kyc',
      Buffer.concat([
        Buffer.from(
          post(
            '/v1/common-kyc',
            `${OFFICE}Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n`,
            '\r\n',
          ),
        ),
        packed,
      ]),
    ],
    [
      'an empty content type',
      415,
      'POST',
      '/v1/common-kyc',
      post('/v1/common-kyc', `${OFFICE}Content-Type:\r\nContent-Length: 2\r\n`, '\r\n{}'),
    ],
    [
      'a content type that is none',
      415,
      'POST',
      '/v1/common-kyc',
      post('/v1/common-kyc', `${OFFICE}Content-Type: json\r\nContent-Length: 2\r\n`, '\r\n{}'),
    ],
  ];
  it.each(cases)('for %s is told so as documented (%i)', async (_name, status, method, path, bytes) => {
    expectProblem(await exchange(bytes), status);
    expect(documented(method, path)).toContain(String(status));
  });

  it.each(['PROPFIND', 'MKCOL', 'QUERY', 'TRACE', 'M-SEARCH', 'PURGE'])(
    'for its method %s is told which ones are taken',
    async (method) => {
      const answer = await exchange(`${method} /v1/submissions HTTP/1.1\r\n${OFFICE}\r\n`);
      expectProblem(answer, 405);
      expect(answer?.headers['allow']).toContain('GET');
      expectProblem(await exchange(`${method} /v1/nothing HTTP/1.1\r\n${OFFICE}\r\n`), 404);
    },
  );

  it('for a method that HTTP does not know, or for a tunnel, is told so', async () => {
    expectProblem(await exchange(`FROBNICATE /v1/submissions HTTP/1.1\r\n${OFFICE}\r\n`), 400);
    expectProblem(await exchange('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'), 405);
  });

  it('is told so in the shape SIMAS-ID prescribes on the OTP webhook', async () => {
    const path = '/v1/webhooks/otp';
    const cases: [number, string][] = [
      [417, post(path, `${SENDER}Expect: wonders\r\n`)],
      [400, post(path, `Host: b\r\n${SENDER}`)],
      [400, post(path, SENDER, chunkedBody)],
      [415, post(path, `${SENDER}Content-Encoding: gzip\r\n`)],
      [415, post(path, `${SENDER}Content-Type:\r\nContent-Length: 2\r\n`, '\r\n{}')],
      [405, `PROPFIND ${path} HTTP/1.1\r\n${SENDER}\r\n`],
    ];
    for (const [status, bytes] of cases) {
      const answer = await exchange(bytes);
      expect([bytes, answer?.status]).toEqual([bytes, status]);
      expect(JSON.parse(answer?.body ?? '')).toEqual({
        error: expect.any(String),
        error_description: expect.any(String),
      });
      if (status !== 405) expect(documented('POST', path)).toContain(String(status));
    }
  });

  it('of a stranger is refused for being a stranger first', async () => {
    const body = 'Content-Encoding: gzip\r\nContent-Type:\r\nContent-Length: 2\r\n\r\n{}';
    expectProblem(await exchange(post('/v1/common-kyc', 'Host: a\r\n', body)), 401);
  });

  it('but right is served', async () => {
    const expecting = await exchange(post('/v1/common-kyc', `${OFFICE}Expect: 100-continue\r\n`));
    expectProblem(expecting, 400); // its fields are missing
    const upgrade = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    expect(await exchange(`GET /health/live HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`)).toMatchObject({
      status: 200,
    });
    expect(await exchange('GET /health/live HTTP/1.0\r\n\r\n')).toMatchObject({ status: 200 });
    expect(await exchange('GET http://a/health/live HTTP/1.1\r\nHost: a\r\n\r\n')).toMatchObject({
      status: 200,
    });
  });
});

describe('JSON', () => {
  it.each([
    'application/json',
    'application/json;',
    'application/json; charset=utf8',
    'application/json;charset=UTF-8;',
    'Application/JSON ; Charset="utf-8"',
    'application/json; odata=verbose',
  ])('is taken as %s', async (contentType) => {
    const answer = await gateway.http
      .post('/v1/common-kyc')
      .set('Authorization', backOffice('nanovest'))
      .set('Content-Type', contentType)
      .send('{}');
    expect(answer.status).toBe(400); // read, and found without its fields
  });

  it.each([
    'application/json; charset=iso-8859-1',
    'application/jsonp',
    'text/json; charset=utf8',
    'application/json charset=utf8',
  ])('is not taken as %s', async (contentType) => {
    const answer = await gateway.http
      .post('/v1/common-kyc')
      .set('Authorization', backOffice('nanovest'))
      .set('Content-Type', contentType)
      .send('{}');
    expect(answer.status).toBe(415);
  });
});

describe('a probe', () => {
  it.each(['/health/live', '/health/ready', '/metrics'])('of %s may append what it likes', async (path) => {
    for (const query of ['?x=1', '?a=1&a=2', '?', '?toString=1&__proto__=2'])
      expect([query, (await gateway.http.get(path + query)).status]).toEqual([query, 200]);
  });
});

describe('connections', () => {
  it('of one address are limited, of others go on, and a place is free again when one ends', async () => {
    const own = await startTestGateway({
      lab: gateway.lab,
      environment: { MAX_CONNECTIONS_PER_ADDRESS: '20' },
    });
    const health = 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n';
    const ask = async (connection: RawConnection): Promise<number | undefined> => {
      connection.send(health);
      return (await connection.answer({ within: 2_000 }))?.status;
    };
    const open: RawConnection[] = [];
    for (let index = 0; index < 20; index += 1) open.push(await RawConnection.open(own.url));
    const surplus = await RawConnection.open(own.url);
    expect(await surplus.end()).toBe(true);
    const [first] = open;
    if (first === undefined) throw new Error('no connection');
    expect(await ask(first)).toBe(200);
    const elsewhere = await RawConnection.open(own.url, '127.0.0.2');
    expect(await ask(elsewhere)).toBe(200);
    first.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const next = await RawConnection.open(own.url);
    expect(await ask(next)).toBe(200);
    for (const connection of [...open, elsewhere, next]) connection.close();
    expect((await own.log()).join('')).toContain('connections refused');
    await own.close();
  });

  it('of a proxy are not, and those in all are', async () => {
    const environment = {
      TRUST_PROXY: '127.0.0.0/30',
      MAX_CONNECTIONS_PER_ADDRESS: '3',
      MAX_CONNECTIONS: '12',
    };
    const own = await startTestGateway({ lab: gateway.lab, environment });
    const open: RawConnection[] = [];
    for (let index = 0; index < 10; index += 1) open.push(await RawConnection.open(own.url));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(open.filter(({ closed }) => closed)).toHaveLength(0);
    for (let index = 0; index < 10; index += 1)
      open.push(await RawConnection.open(own.url, `127.0.1.${index + 1}`));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(open.filter(({ closed }) => !closed)).toHaveLength(12);
    for (const connection of open) connection.close();
    await own.close();
  });

  it('that send no header, or half of one, are let go after ten seconds', async () => {
    const silent = await RawConnection.open(gateway.url);
    const half = await RawConnection.open(gateway.url);
    half.send('GET /health/live HTTP/1.1\r\nHo');
    expect(await Promise.all([silent.end(15_000), half.end(15_000)])).toEqual([true, true]);
  }, 30_000);
});
