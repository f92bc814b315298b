import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { createHttpServer } from './adapter';

describe('a connection whose client falls silent', () => {
  let adapter: FastifyAdapter;
  let server: Server;
  const clients: Socket[] = [];

  beforeEach(() => {
    ({ adapter } = createHttpServer({
      trustProxy: 0,
      connections: { maxPerAddress: 0, maxTotal: 0, onRefused: () => undefined },
      anonymous: { perSecond: 0, isProven: () => false, onHeld: () => undefined },
      drain: { requestMs: 10_000, uploadMs: 10_000 },
      onFrameworkError: () => undefined,
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
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
  });

  async function start(patient = false): Promise<void> {
    if (patient) Object.assign(server, { headersTimeout: 60_000, requestTimeout: 60_000 });
    await adapter.getInstance().listen({ port: 0, host: '127.0.0.1' });
  }

  /** A client that sends this and never closes its side; `heard` resolves with its answer, once that holds the text. */
  async function sending(text: string): Promise<{ heard(text: string): Promise<string> }> {
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
    return { heard };
  }

  const HALF_A_HEADER = 'POST /reading HTTP/1.1\r\nHo';
  const HALF_A_BODY = 'POST /reading HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc';
  const REFUSED = 'POST /refusing HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc';

  it.each([
    ['within the header', HALF_A_HEADER],
    ['within the body', HALF_A_BODY],
  ])('%s is told so and ended, though the client keeps its side open', async (_, text) => {
    await start();
    const { heard } = await sending(text);
    expect(await heard('\r\n\r\n')).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    const open = promisify(server.getConnections.bind(server));
    const until = performance.now() + 5_000;
    while ((await open()) > 0 && performance.now() < until) await sleep(50);
    expect(await open()).toBe(0);
    await adapter.close();
  });

  it.each([
    ['before any request', ''],
    ['within the header', HALF_A_HEADER],
    ['after a refusal that did not wait for the body', REFUSED],
  ])('%s does not hold up a stop', async (_, text) => {
    await start(true);
    const { heard } = await sending(text);
    if (text === REFUSED) await heard('too large');
    const started = performance.now();
    await adapter.close();
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
