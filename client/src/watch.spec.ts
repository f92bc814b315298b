import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKycClient } from './client.ts';
import { KycError } from './errors.ts';
import { type SubmissionEvent, watchSubmission } from './watch.ts';

/** What the gateway does, connection by connection. */
type Scene = (response: ServerResponse, headers: IncomingHttpHeaders) => void;

const ID = '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11';
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const event = (seq: number, type: string): string =>
  `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq, type, at: '2026-11-22T03:04:05.678Z', data: {}, hash: 'é' })}\n\n`;

function stream(...parts: readonly string[]): Scene {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`retry: 5\n\n${parts.join(': still here\n\n')}`);
  };
}

function problem(status: number, code: string): Scene {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ status, code, detail: 'why', title: '', type: '', requestId: '' }));
  };
}

/** @returns what was seen, and the headers of each connection */
async function watched(
  scenes: readonly Scene[],
  { after, take = Infinity }: { after?: number; take?: number } = {},
): Promise<{ types: string[]; requests: IncomingHttpHeaders[] }> {
  const requests: IncomingHttpHeaders[] = [];
  server = createServer((request, response) => {
    const scene = scenes[requests.length];
    requests.push(request.headers);
    if (scene === undefined) response.destroy();
    else scene(response, request.headers);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = createKycClient({
    baseUrl: `http://127.0.0.1:${port}/`,
    token: () => `t${requests.length}`,
  });
  const stop = new AbortController();
  const types: string[] = [];
  const options = after === undefined ? { signal: stop.signal } : { signal: stop.signal, after };
  for await (const { type } of watchSubmission(client, ID, options)) {
    types.push(type);
    if (types.length >= take) stop.abort();
  }
  return { types, requests };
}

describe('watching a submission', () => {
  it('goes on after the last event when a connection ends, with the token that holds then', async () => {
    const { types, requests } = await watched([
      stream(event(1, 'kyc.opened'), event(2, 'kyc.processing')),
      (response) => void response.destroy(),
      stream(event(3, 'kyc.verified')),
      stream(event(4, 'kyc.approved'), event(5, 'common_kyc.shared')),
    ]);
    expect(types).toEqual([
      'kyc.opened',
      'kyc.processing',
      'kyc.verified',
      'kyc.approved',
      'common_kyc.shared',
    ]);
    expect(requests.map((headers) => headers['last-event-id'])).toEqual([undefined, '2', '2', '3']);
    expect(requests.map(({ authorization }) => authorization)).toEqual([
      'Bearer t0',
      'Bearer t1',
      'Bearer t2',
      'Bearer t3',
    ]);
  });

  it('is over when the gateway has nothing more to tell', async () => {
    const over: Scene = (response) => void response.writeHead(204).end();
    const { types, requests } = await watched([over], { after: 7 });
    expect([types, requests[0]?.['last-event-id']]).toEqual([[], '7']);
  });

  it('ends without an error when the watcher wants no more, and closes the connection', async () => {
    let closed: Promise<unknown> | undefined;
    const open: Scene = (response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event(1, 'kyc.opened'));
    };
    expect((await watched([open], { take: 1 })).types).toEqual(['kyc.opened']);
    await closed;
  });

  it('reads events however the network cuts them', async () => {
    const bytes = Buffer.from(`retry: 5\r\n\r\n${event(1, 'kyc.opened')}${event(2, 'kyc.rejected')}`);
    const drip: Scene = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const next = (at: number): void => {
        if (at >= bytes.length) response.end();
        else response.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
      };
      next(0);
    };
    expect((await watched([drip])).types).toEqual(['kyc.opened', 'kyc.rejected']);
  });

  it('waits and tries again while the gateway cannot answer, and gives up when it refuses', async () => {
    const failed = watched([
      stream(event(1, 'kyc.opened')),
      problem(503, 'temporarily_unavailable'),
      problem(429, 'rate_limited'),
      problem(404, 'not_found'),
    ]);
    const error: unknown = await failed.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KycError);
    expect(error).toMatchObject({ code: 'not_found', status: 404, message: 'why' });
  });

  it('takes an event as it is', async () => {
    const seen: SubmissionEvent[] = [];
    await watched([stream(event(9, 'kyc.rejected'))]);
    const client = createKycClient({
      baseUrl: `http://127.0.0.1:${(server?.address() as AddressInfo).port}`,
    });
    const stop = AbortSignal.abort();
    for await (const one of watchSubmission(client, ID, { signal: stop })) seen.push(one);
    expect(seen).toEqual([]);
  });
});
