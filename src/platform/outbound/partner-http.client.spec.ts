import { createServer, type RequestListener, type Server } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server as TcpServer,
  Socket,
} from 'node:net';
import { Readable } from 'node:stream';
import tls from 'node:tls';
import { HttpService } from '@nestjs/axios';
import { GatewayError } from '../errors';
import { HealthChecks } from '../health';
import { createLog } from '../logging';
import { Metrics } from '../metrics';
import { Deadline } from '../time';
import type { PartnerHttpClient, PartnerPolicy } from './partner-http.client';
import { PartnerHttpClients } from './partner-http.client';
import { PartnerError } from './partner-error';
import { PartnerWatches } from './partner-watch';

let server: Server;
let base: string;
let answer: RequestListener = (_request, response) => response.end('ok');
let calls = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    calls += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  calls = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What to do when a test is over. */
let undo: (() => void)[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  for (const step of undo) step();
  undo = [];
});

const metrics = new Metrics();
const lines: string[] = [];
const log = createLog('debug', { write: (line) => void lines.push(line) });
const watches = new PartnerWatches(metrics, log, new HealthChecks());
const httpClients = new PartnerHttpClients(new HttpService(), watches, metrics);

function httpClient(policy: Partial<PartnerPolicy> = {}): PartnerHttpClient {
  return httpClients.create({ partner: 'Ministry', hosts: ['127.0.0.1'], timeoutMs: 10_000, ...policy });
}

async function failure(work: Promise<unknown>): Promise<PartnerError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PartnerError)) throw new Error(`expected a PartnerError, got ${String(error)}`);
  return error;
}

/** The port of a server that leaves connections open while the test runs. */
async function listening(server: TcpServer): Promise<number> {
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function* halfWay(refused: GatewayError): Generator<Buffer> {
  yield Buffer.alloc(100);
  throw refused;
}

const read = { operation: 'read', method: 'GET' } as const;

describe('the HTTP client of a partner', () => {
  it('hands over any status as an answer, body and headers in hand', async () => {
    answer = (_request, response) => response.writeHead(418, { 'X-Kettle': 'on' }).end('short');
    const response = await httpClient().send({ ...read, url: `${base}/tea` });
    expect(response).toMatchObject({ status: 418, headers: { 'x-kettle': 'on' } });
    expect(response.body.toString()).toBe('short');
  });

  it('does not follow redirects', async () => {
    answer = (_request, response) => response.writeHead(302, { location: `${base}/elsewhere` }).end();
    expect((await httpClient().send({ ...read, url: base })).status).toBe(302);
    expect(calls).toBe(1);
  });

  it('tells a caller within the deadline that the partner hangs', async () => {
    const client = httpClient();
    // On a busy machine the deadline may pass before a connection is made: this one is there.
    answer = (_request, response) => response.end('ok');
    await client.send({ ...read, url: base });
    answer = () => {};
    const started = performance.now();
    const error = await failure(client.send({ ...read, url: base, deadline: Deadline.after(120) }));
    expect(error).toMatchObject({ status: 504, code: 'partner_timeout', reached: 'maybe' });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('sends nothing once the deadline has passed', async () => {
    const error = await failure(httpClient().send({ ...read, url: base, deadline: Deadline.after(0) }));
    expect(error).toMatchObject({ fault: 'timeout', reached: 'no' });
    expect(calls).toBe(0);
  });

  it('sends nothing either when the deadline passed while another call tried whether the partner is back', async () => {
    const remaining = jest.fn().mockReturnValueOnce(1_000).mockReturnValueOnce(1_000).mockReturnValue(0);
    const deadline = { remaining } as unknown as Deadline;
    const request = { operation: 'read', method: 'GET', url: base, deadline } as const;
    const { fault, reached } = await failure(httpClient().send(request));
    expect([fault, reached, calls]).toEqual(['timeout', 'no', 0]);
  });

  it('stays open for everybody when callers come whose deadline was spent elsewhere', async () => {
    answer = (_request, response) => response.end('ok');
    const client = httpClient();
    for (let call = 0; call < 10; call += 1)
      await failure(client.send({ ...read, url: base, deadline: Deadline.after(0) }));
    expect((await client.send({ ...read, url: base })).status).toBe(200);
  });

  it('stays open for everybody when what is sent through it is refused half-way', async () => {
    answer = (request, response) => request.resume().on('end', () => response.end('ok'));
    const client = httpClient();
    const refused = new GatewayError(422, 'invalid_image', 'no');
    for (let upload = 0; upload < 20; upload += 1) {
      const body = Readable.from(halfWay(refused));
      await expect(client.send({ operation: 'upload', method: 'PUT', url: base, body })).rejects.toBe(
        refused,
      );
    }
    expect((await client.send({ ...read, url: base })).status).toBe(200);
  });

  it('refuses an answer above the size cap', async () => {
    answer = (_request, response) => response.end(Buffer.alloc(5_000));
    const error = await failure(httpClient({ maxResponseBytes: 1_000 }).send({ ...read, url: base }));
    expect(error).toMatchObject({ status: 502, code: 'partner_error', cause: 'answer too large' });
  });

  it('does not call hosts that are not on the list', async () => {
    const error = await failure(
      httpClient({ hosts: ['api.example.com', '*.example.net'] }).send({ ...read, url: base }),
    );
    expect(error).toMatchObject({ fault: 'error', reached: 'no', cause: 'host not allowed' });
    expect(calls).toBe(0);
  });

  it('knows that a refused connection never reached the partner, and repeats what may be repeated', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const error = await failure(httpClient().send({ ...read, url: `http://127.0.0.1:${port}` }));
    expect(error).toMatchObject({
      status: 503,
      code: 'partner_unavailable',
      reached: 'no',
      retryAfterSeconds: 5,
    });
  });

  describe('while its connection is not made', () => {
    it('says after the deadline that nothing was sent, when nobody answers the TLS handshake', async () => {
      const port = await listening(createTcpServer((socket) => void socket.on('error', () => undefined)));
      const url = `https://127.0.0.1:${port}`;
      const error = await failure(httpClient().send({ ...read, url, deadline: Deadline.after(120) }));
      expect(error).toMatchObject({ fault: 'timeout', reached: 'no' });
    });

    it('says so too when the address swallows every packet', async () => {
      // A TCP connection that is begun and never made.
      jest.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket) {
        return Object.assign(this, { connecting: true });
      });
      const error = await failure(httpClient().send({ ...read, url: base, deadline: Deadline.after(120) }));
      expect(error).toMatchObject({ fault: 'timeout', reached: 'no' });
      expect(calls).toBe(0);
    });

    it('and that nobody knows once it is made, over TLS and on a connection used before', async () => {
      // Anonymous ciphers need no certificate.
      const anonymous = { ciphers: 'AECDH-AES256-SHA:@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const;
      const { connect } = tls;
      const trusting = jest.spyOn(tls, 'connect');
      trusting.mockImplementation(((options: tls.ConnectionOptions) =>
        connect({ ...options, ...anonymous, rejectUnauthorized: false })) as typeof connect);
      const port = await listening(
        tls.createServer(anonymous, (socket) => {
          socket.on('error', () => undefined);
          socket.once('data', () => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
        }),
      );
      const client = httpClient();
      const send = (withinMs: number): Promise<unknown> =>
        client.send({ ...read, url: `https://127.0.0.1:${port}`, deadline: Deadline.after(withinMs) });
      expect(await send(10_000)).toMatchObject({ status: 204 });
      // Left without an answer, on the connection of the call before.
      expect(await failure(send(300))).toMatchObject({ fault: 'timeout', reached: 'maybe' });
      expect(trusting).toHaveBeenCalledTimes(1);
    });
  });

  it('tries a repeatable call once more when the connection broke, and no other call', async () => {
    answer = (request, response) => (calls === 1 ? request.socket.destroy() : response.end('second'));
    const response = await httpClient().send({ ...read, url: base, repeatable: true });
    expect(response.body.toString()).toBe('second');
    calls = 0;
    const error = await failure(httpClient().send({ ...read, url: base }));
    expect(error).toMatchObject({ fault: 'unavailable', reached: 'maybe' });
    expect(calls).toBe(1);
  });

  it('stops calling a partner that keeps failing, and says when to come back', async () => {
    answer = (request) => request.socket.destroy();
    const broken = httpClient();
    for (let call = 0; call < 8; call += 1) await failure(broken.send({ ...read, url: base }));
    const before = calls;
    const error = await failure(broken.send({ ...read, url: base }));
    expect(error).toMatchObject({
      status: 503,
      reached: 'no',
      retryAfterSeconds: 10,
      cause: 'held back after failures',
    });
    expect(calls).toBe(before);
  });

  it('does not let one slow operation queue callers without bound', async () => {
    answer = () => {};
    const narrow = httpClient({ maxConcurrent: 1, timeoutMs: 300 });
    const results = await Promise.all([1, 2, 3].map(() => failure(narrow.send({ ...read, url: base }))));
    expect(results.map(({ fault }) => fault).sort()).toEqual(['timeout', 'timeout', 'unavailable']);
  });

  it('lets as many callers wait as it was told', async () => {
    answer = (_request, response) => response.end('ok');
    const patient = httpClient({ maxConcurrent: 1, maxWaiting: 5 });
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map(() => patient.send({ ...read, url: base })));
    expect(results.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  });

  it('never carries the request or the answer in its error', async () => {
    answer = (_request, response) => response.end(Buffer.alloc(5_000, 'secret-answer'));
    const error = await failure(
      httpClient({ maxResponseBytes: 1_000 }).send({
        ...read,
        url: `${base}/?phone=628111`,
        headers: { authorization: 'Basic c2VjcmV0' },
      }),
    );
    expect(JSON.stringify(error) + String(error.stack) + error.detail).not.toMatch(
      /628111|c2VjcmV0|secret-answer/,
    );
  });

  it('measures every call by partner, operation and outcome', async () => {
    expect(await metrics.registry.metrics()).toContain(
      'partner_request_duration_seconds_count{partner="Ministry",operation="read",outcome="timeout"}',
    );
  });
});
