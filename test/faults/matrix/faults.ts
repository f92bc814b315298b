import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Exchange, Fault, Play } from './fault-proxy';

const PAGE = '<!doctype html><html><body><h1>Sign in to the network</h1></body></html>';
const TEN_MEGABYTES = 10 * 1024 * 1024;
const DRIP_EVERY_MS = 100;
/** Within every budget. */
const LATE_MS = 1_000;
/** The caller has read the answer by then. */
const AFTER_MS = 50;
const DAY_MS = 86_400_000;

/** Pause that the partner asks for, seconds. */
export const PAUSE = 7;

const JSON_TYPE = { 'content-type': 'application/json' };

/** An answer that is not the partner's own. */
function says(status: number, body: string, headers: Readonly<Record<string, string>> = JSON_TYPE): Play {
  return ({ response }) => void response.writeHead(status, headers).end(body);
}

/** The proper answer, spoiled on its way. */
function spoils(spoil: (exchange: Exchange, answer: Awaited<ReturnType<Exchange['proper']>>) => void): Play {
  return async (exchange) => spoil(exchange, await exchange.proper());
}

/** As a server says it whose clock is off by a day: when, by that clock, it may be asked again. */
function byClock(skewMs: number): Play {
  return ({ response }) => {
    const now = Date.now() + skewMs;
    const date = new Date(now).toUTCString();
    const until = new Date(Math.floor(now / 1000) * 1000 + PAUSE * 1000).toUTCString();
    response.writeHead(503, { ...JSON_TYPE, date, 'retry-after': until }).end('{}');
  };
}

/** A megabyte of nothing in a few kilobytes, again and again. */
function gzipBomb(): Buffer {
  return gzipSync(Buffer.alloc(100 * 1024 * 1024));
}

/**
 * Every way in which a partner's server can fail a caller. `redirectsTo` is an address that must never be asked.
 */
export function allFaults(redirectsTo: string): readonly Fault[] {
  const bomb = gzipBomb();
  return [
    { name: 'a late answer', play: late },
    { name: 'no answer in time', play: () => undefined },
    { name: 'a slow drip', play: spoils(({ response }, answer) => void drip(response, answer)) },
    { name: '400', play: says(400, '{}') },
    { name: '401', play: says(401, '{"message":"no"}') },
    { name: '404', play: says(404, '{"message":"no Route matched with those values"}') },
    { name: '429, wait', play: says(429, '{}', { ...JSON_TYPE, 'retry-after': String(PAUSE) }) },
    { name: '500', play: says(500, '{}') },
    { name: '503', play: says(503, '{}') },
    { name: '503, wait', play: says(503, '{}', { ...JSON_TYPE, 'retry-after': String(PAUSE) }) },
    { name: '503, clock a day ahead', play: byClock(DAY_MS) },
    { name: '503, clock a day late', play: byClock(-DAY_MS) },
    { name: 'reset before work', play: ({ reset }) => reset() },
    { name: 'reset before answer', play: spoils(({ reset }) => reset()) },
    { name: 'reset in answer', play: spoils((exchange, answer) => half(exchange, answer, 'reset')) },
    {
      name: 'reset after answer',
      play: spoils(({ response, reset }, { status, headers, body }) => {
        response.writeHead(status, { ...headers, connection: 'close' });
        response.end(body, () => setTimeout(reset, AFTER_MS));
      }),
    },
    { name: 'a truncated answer', play: spoils((exchange, answer) => half(exchange, answer, 'end')) },
    { name: 'no HTTP at all', play: ({ socket }) => void socket.end('220 mail.example ESMTP\r\n') },
    {
      name: 'text/plain',
      play: spoils(({ response }, { status, body }) => {
        response.writeHead(status, { 'content-type': 'text/plain', 'content-length': body.length }).end(body);
      }),
    },
    { name: 'HTML', play: says(200, PAGE, { 'content-type': 'text/html' }) },
    { name: '403 in HTML', play: says(403, PAGE, { 'content-type': 'text/html' }) },
    { name: 'an empty 200', play: says(200, '') },
    { name: '10 MB', play: says(200, `{"padding":"${'x'.repeat(TEN_MEGABYTES)}"}`) },
    {
      name: 'a byte order mark',
      play: spoils(({ response }, { status, headers, body }) => {
        const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]);
        response.writeHead(status, { ...headers, 'content-length': String(marked.length) }).end(marked);
      }),
    },
    {
      name: 'gzip',
      play: spoils(({ response }, { status, headers, body }) => {
        const packed = gzipSync(body);
        const length = { 'content-encoding': 'gzip', 'content-length': String(packed.length) };
        response.writeHead(status, { ...headers, ...length }).end(packed);
      }),
    },
    {
      name: 'a gzip bomb',
      play: ({ response }) => {
        response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(bomb);
      },
    },
    { name: 'a redirect', play: says(307, '', { location: redirectsTo }) },
    { name: 'an expired certificate', certificate: 'expired' },
    { name: 'a certificate for another name', certificate: 'for another name' },
    { name: 'an unknown authority', certificate: 'of an unknown authority' },
    { name: 'a name that does not resolve', nameless: true },
  ];
}

type Answer = Awaited<ReturnType<Exchange['proper']>>;

async function late({ response, proper }: Exchange): Promise<void> {
  const { status, headers, body } = await proper();
  await sleep(LATE_MS);
  response.writeHead(status, headers).end(body);
}

async function drip(response: Exchange['response'], { status, headers, body }: Answer): Promise<void> {
  response.writeHead(status, headers).flushHeaders();
  for (const byte of body) {
    if (response.destroyed) return;
    response.write(Buffer.from([byte]));
    await sleep(DRIP_EVERY_MS);
  }
  response.end();
}

/** Where there is no body, half of the head. */
function half(
  { response, socket, reset }: Exchange,
  { status, headers, body }: Answer,
  how: 'reset' | 'end',
): void {
  const stop = (): void => void (how === 'reset' ? reset() : socket.end());
  if (body.length === 0) return void socket.write('HTTP/1.1 20', stop);
  response.writeHead(status, headers);
  response.write(body.subarray(0, body.length / 2), stop);
}
