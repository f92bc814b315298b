import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { createHttpServer } from './adapter';

describe('a connection', () => {
  let adapter: FastifyAdapter;
  let server: Server;
  const clients: Socket[] = [];

  beforeEach(() => {
    ({ adapter } = createHttpServer({
      trustProxy: 0,
      connections: { maxPerAddress: 0, maxTotal: 0, onRefused: () => undefined },
      anonymous: { perSecond: 0, isProven: () => false, onHeld: () => undefined },
      drain: { requestMs: 10_000, uploadMs: 10_000 },
      onFrameworkError: (_error, _request, reply) => void reply.code(400).send('unreadable'),
      onResponse: () => undefined,
    }));
    const instance = adapter.getInstance();
    instance.post('/refusing', (_request, reply) => reply.code(413).send('too large'));
    instance.post('/reading', async ({ raw }) => {
      for await (const chunk of raw) void chunk;
      return 'read';
    });
    server = instance.server;
    // Node's own limits, in tenths of a second instead of minutes.
    Object.assign(server, { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 50 });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await adapter.close();
  });

  async function start(patient = false): Promise<void> {
    if (patient) Object.assign(server, { headersTimeout: 60_000, requestTimeout: 60_000 });
    await adapter.getInstance().listen({ port: 0, host: '127.0.0.1' });
  }

  /** A client that sends this and never closes its side; `heard` resolves with its answer, once that holds the text. */
  async function sending(
    text: string,
  ): Promise<{ readonly socket: Socket; heard(text: string): Promise<string> }> {
    const socket = connect({ port: (server.address() as AddressInfo).port, allowHalfOpen: true });
    clients.push(socket);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(text);
    const heard = async (wanted: string): Promise<string> => {
      while (!answer.includes(wanted)) await once(socket, 'data');
      return answer;
    };
    return { socket, heard };
  }

  const HALF_A_HEADER = 'POST /reading HTTP/1.1\r\nHo';
  const HALF_A_BODY = 'POST /reading HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc';
  const REFUSED = 'POST /refusing HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc';

  it.each([
    ['within the header', HALF_A_HEADER],
    ['within the body', HALF_A_BODY],
  ])('that falls silent %s is told so and ended, though the client keeps its side open', async (_, text) => {
    await start();
    const { heard } = await sending(text);
    expect(await heard('\r\n\r\n')).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    const open = promisify(server.getConnections.bind(server));
    const until = performance.now() + 5_000;
    while ((await open()) > 0 && performance.now() < until) await sleep(50);
    expect(await open()).toBe(0);
  });

  it.each([
    ['before any request', ''],
    ['within the header', HALF_A_HEADER],
    ['within the body', HALF_A_BODY],
    ['after a refusal that did not wait for the body', REFUSED],
  ])('that is silent %s does not hold up a stop', async (_, text) => {
    await start(true);
    const { heard } = await sending(text);
    if (text === REFUSED) await heard('too large');
    const started = performance.now();
    await adapter.close();
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('on which a request arrives slowly is served to its end by a stop', async () => {
    await start(true);
    const { socket, heard } = await sending('POST /reading HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n');
    const stopping = adapter.close();
    for (let sent = 0; sent < 7; sent += 1) {
      await sleep(400);
      socket.write('x');
    }
    expect(await heard('read')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    await stopping;
  });

  it.each([
    ['whose client wants it closed', 'Content-Length: 9000000\r\nConnection: close', 9_000_000],
    ['that announces too much', 'Content-Length: 20000000', 15_000_000],
    ['that announces no length', 'Transfer-Encoding: chunked', 0],
  ])('%s says why a body is refused, and is not reset while that is sent', async (_, header, bytes) => {
    await start(true);
    const { socket, heard } = await sending(`POST /refusing HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`);
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    expect((await heard('too large')).toLowerCase()).toContain('\r\nconnection: close\r\n');
    await sleep(100);
    const sent = promisify(socket.write.bind(socket) as (data: Buffer | string, done: () => void) => void);
    for (let left = bytes; left > 0; left -= 1_000_000) await sent(Buffer.alloc(1_000_000));
    if (bytes === 0) await sent('1\r\nx\r\n0\r\n\r\n');
    else if (bytes > 10_000_000) socket.end();
    if (!socket.readableEnded) await once(socket, 'end');
    expect(errors).toEqual([]);
  });

  it('that was reset before it was accepted, and so has no address, ends nothing', async () => {
    server.on('connection', (socket) => Object.defineProperty(socket, 'remoteAddress', { value: undefined }));
    await start();
    const { heard } = await sending('GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await heard('unreadable')).toMatch(/^HTTP\/1\.1 400 /);
  });
});
