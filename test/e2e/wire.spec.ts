import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiDocument } from '../support/api-document';
import { eventually } from '../support/eventually';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.close();
});

function problem(status: number, code: string): object {
  return expect.objectContaining({
    type: `urn:kyc-gateway:error:${code}`,
    title: expect.any(String),
    status,
    code,
    detail: expect.any(String),
    requestId: expect.any(String),
  }) as object;
}

describe('every answer', () => {
  it('has a request id, and keeps a caller’s own when it is well formed', async () => {
    const own = await gateway.http.get('/health/live').set('X-Request-Id', 'order-42.a_b');
    expect(own.headers['x-request-id']).toBe('order-42.a_b');
    const bad = await gateway.http.get('/health/live').set('X-Request-Id', 'has space');
    expect(bad.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tells an unknown address from a wrong method', async () => {
    const unknown = await gateway.http.get('/v1/nothing/here');
    expect(unknown.body).toEqual(problem(404, 'not_found'));
    expect(unknown.headers['content-type']).toContain('application/problem+json');
    expect(unknown.body.requestId).toBe(unknown.headers['x-request-id']);
    const wrong = await gateway.http.delete('/health/live');
    expect(wrong.body).toEqual(problem(405, 'method_not_allowed'));
    expect(wrong.headers['allow']).toContain('GET');
  });

  it('to what the documentation’s files cannot serve is the caller’s fault', async () => {
    const file = gateway.http.get('/docs/swagger-ui.css');
    const range = await file.set('Range', 'bytes=99999999-');
    expect(range.body).toEqual(problem(416, 'invalid_request'));
    const match = await gateway.http.get('/docs/swagger-ui.css').set('If-Match', '"x"');
    expect(match.body).toEqual(problem(412, 'invalid_request'));
    expect((await gateway.http.get('/docs/%00')).status).toBeLessThan(500);
  });

  it('to what is not HTTP is a documented error, not a hang', async () => {
    const answer = await raw('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request/);
    expect(answer).toContain('"code":"invalid_request"');
    const [, requestId] = /^X-Request-Id: ([0-9a-f-]{36})\r$/m.exec(answer) ?? [];
    expect(answer).toContain(`"requestId":"${requestId}"`);
  });

  it('to headers that are too large is 431', async () => {
    const answer = await raw(`GET /health/live HTTP/1.1\r\nHost: a\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431/);
  });

  it('to a malformed address is 400', async () => {
    const answer = await raw('GET /v1/submissions/%E0%A4%A HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/i);
  });
});

describe('bad input on a route of the back office', () => {
  const post = (): ReturnType<typeof gateway.http.post> =>
    gateway.http.post('/v1/common-kyc').set('Authorization', backOffice('nanovest'));

  it('is judged after access: a stranger’s broken body is 401', async () => {
    const answer = await gateway.http.post('/v1/common-kyc').set('Content-Type', 'text/plain').send('{');
    expect(answer.body).toEqual(problem(401, 'unauthorized'));
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
  });

  it('that is not JSON is 400', async () => {
    const answer = await post().set('Content-Type', 'application/json').send('{"phoneNumber":');
    expect(answer.body).toEqual(problem(400, 'invalid_request'));
  });

  it('of another type is 415', async () => {
    const answer = await post().set('Content-Type', 'application/x-www-form-urlencoded').send('a=b');
    expect(answer.body).toEqual(problem(415, 'unsupported_media_type'));
  });

  it('that is too large is 413, announced or not', async () => {
    const large = JSON.stringify({ fullName: 'x'.repeat(70_000) });
    const announced = await post().set('Content-Type', 'application/json').send(large);
    expect(announced.body).toEqual(problem(413, 'payload_too_large'));
    const chunked = await raw(
      `POST /v1/common-kyc HTTP/1.1\r\nHost: a\r\nAuthorization: ${backOffice('nanovest')}\r\n` +
        `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n` +
        `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`,
    );
    expect(chunked).toMatch(/^HTTP\/1\.1 413/);
  });

  it('names every wrong field, and the unknown ones', async () => {
    const answer = await post().send({ phoneNumber: 7, fullName: ['a'], nik: '12', surprise: true });
    expect(answer.body).toEqual(problem(400, 'invalid_request'));
    const fields = (answer.body.errors as { field: string }[]).map(({ field }) => field);
    expect(fields).toEqual(
      expect.arrayContaining(['phoneNumber', 'fullName', 'nik', 'dateOfBirth', 'email', 'surprise']),
    );
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{}}}',
    '['.repeat(30) + ']'.repeat(30),
    'null',
    '[]',
    '7',
  ])('such as %s is 400', async (body) => {
    const answer = await post().set('Content-Type', 'application/json').send(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(problem(400, 'invalid_request'));
  });

  it('that breaks off is not taken for an outage of ours', async () => {
    const before = (await gateway.log()).length;
    for (const length of ['Content-Length: 90', 'Transfer-Encoding: chunked']) {
      const { port, hostname } = new URL(gateway.url);
      const socket = createConnection(Number(port), hostname);
      await once(socket, 'connect');
      socket.write(
        `POST /v1/common-kyc HTTP/1.1\r\nHost: a\r\nAuthorization: ${backOffice('nanovest')}\r\n` +
          `Content-Type: application/json\r\n${length}\r\n\r\n`,
      );
      await sleep(100);
      socket.resetAndDestroy();
    }
    await sleep(300);
    const since = (await gateway.log()).slice(before).join('');
    expect(since).not.toContain('temporarily_unavailable');
    expect(since).not.toContain('internal_error');
  });

  it('with bytes that are no UTF-8 is 400', async () => {
    const head =
      `POST /v1/common-kyc HTTP/1.1\r\nHost: a\r\nAuthorization: ${backOffice('nanovest')}\r\n` +
      `Content-Type: application/json\r\nContent-Length: 16\r\nConnection: close\r\n\r\n`;
    const body = Buffer.concat([Buffer.from('{"fullName":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const answer = await raw(Buffer.concat([Buffer.from(head), body]));
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect(answer).toContain('not valid JSON');
  });

  it('with unknown or repeated query parameters is 400', async () => {
    const unknown = await gateway.http
      .get('/v1/submissions?colour=red')
      .set('Authorization', backOffice('nanovest'));
    expect(unknown.body).toEqual(problem(400, 'invalid_request'));
    const repeated = await gateway.http
      .get('/v1/submissions?limit=1&limit=2')
      .set('Authorization', backOffice('nanovest'));
    expect(repeated.body).toEqual(problem(400, 'invalid_request'));
  });

  it('with two Authorization headers is 400', async () => {
    const answer = await raw(
      `GET /v1/submissions HTTP/1.1\r\nHost: a\r\nAuthorization: ${backOffice('nanovest')}\r\n` +
        `Authorization: ${backOffice('siminvest')}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
  });
});

describe('operation', () => {
  it('says that the process lives and is ready', async () => {
    expect((await gateway.http.get('/health/live')).body).toEqual({ status: 'ok' });
    const ready = await gateway.http.get('/health/ready');
    expect(ready.status).toBe(200);
    expect(ready.body).toMatchObject({ status: 'ok', checks: { database: 'ok' } });
  });

  it('shows metrics without personal data', async () => {
    const metrics = await gateway.http.get('/metrics');
    expect(metrics.text).toContain(
      'http_request_duration_seconds_count{method="GET",route="/health/live",status="200"}',
    );
  });

  it('documents itself: every route has a summary, security or none on purpose, and its refusals', async () => {
    const { operations } = await ApiDocument.of(gateway);
    expect(operations.length).toBeGreaterThan(3);
    for (const { method, path, summary, security, responses, parameters = [] } of operations) {
      const name = `${method} ${path}`;
      expect([name, summary]).toEqual([name, expect.stringMatching(/\S+ \S+/)]);
      if (security !== undefined)
        expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(['401'])]);
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      expect([name, ...inPath.map((parameter) => parameter.name).sort()]).toEqual([
        name,
        ...[...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter).sort(),
      ]);
    }
    expect((await gateway.http.get('/docs')).text).toContain('KYC Gateway');
  });
});

describe('a process', () => {
  it('that is asked to stop ends once it has answered, however long the caller would keep the connection', async () => {
    const own = await startTestGateway({ lab: gateway.lab });
    const { hostname, port } = new URL(own.url);
    const socket = createConnection({ host: hostname, port: Number(port) });
    const silent = createConnection({ host: hostname, port: Number(port) });
    const closed = Promise.all([once(socket, 'close'), once(silent, 'close')]);
    const body = JSON.stringify({ phoneNumber: 'none' });
    const next = async (): Promise<string> => ((await once(socket, 'data')) as [Buffer])[0].toString();
    socket.write(
      `POST /v1/common-kyc HTTP/1.1\r\nHost: a\r\nAuthorization: ${backOffice('nanovest')}\r\nExpect: 100-continue\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    expect(await next()).toMatch(/^HTTP\/1\.1 100/);
    const began = performance.now();
    const stopped = own.close();
    const takesCalls = (): Promise<boolean> =>
      fetch(`${own.url}/health/live`).then(
        () => true,
        () => false,
      );
    expect(await eventually(takesCalls, (takes) => !takes)).toBe(false);
    socket.write(body);
    expect(await next()).toMatch(/^HTTP\/1\.1 400/);
    await Promise.all([stopped, closed]);
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it('that only works jobs has no other address than those of its operation', async () => {
    const worker = await startTestGateway({ lab: gateway.lab, environment: { ROLE: 'worker' } });
    expect((await worker.http.get('/health/ready')).status).toBe(200);
    expect((await worker.http.get('/metrics')).status).toBe(200);
    for (const path of ['/v1/me', '/docs', '/openapi.json', '/nothing'])
      expect((await worker.http.get(path)).body).toEqual(problem(404, 'not_found'));
    await worker.close();
  });
});

/** Sends bytes no HTTP client would send. */
function raw(text: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = createConnection({ host: hostname, port: Number(port) }, () => socket.write(text));
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    socket.on('end', () => socket.end());
  });
}
