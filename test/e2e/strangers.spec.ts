import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { RawConnection } from '../support/raw-connection';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

const PER_SECOND = 10;
/** A stranger waits for a second. */
const LATE_MS = 500;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    environment: {
      ANONYMOUS_REQUESTS_PER_SECOND: String(PER_SECOND),
      MAX_CONNECTIONS_PER_ADDRESS: '30',
      TRUST_PROXY: '127.0.0.9',
    },
  });
});
afterAll(async () => {
  await gateway?.close();
});

const get = (path: string, lines = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;

/** Asks on connections of their own, each again as soon as it is answered, and counts the answers. */
async function ask(request: string, { from, connections = 16, forMs }: Flood): Promise<number> {
  const until = performance.now() + forMs;
  const open = await Promise.all(
    Array.from({ length: connections }, () => RawConnection.open(gateway.url, from)),
  );
  let answers = 0;
  await Promise.all(
    open.map(async (connection) => {
      while (performance.now() < until) {
        connection.send(request);
        if ((await connection.answer({ within: until - performance.now() })) !== undefined) answers += 1;
      }
      connection.close();
    }),
  );
  return answers;
}

interface Flood {
  readonly from: string;
  readonly connections?: number;
  readonly forMs: number;
}

/** The slowest of ten answers in a row, in milliseconds; each must have the status. */
async function slowest(request: string, from: string, status: number): Promise<number> {
  const connection = await RawConnection.open(gateway.url, from);
  let worst = 0;
  for (let index = 0; index < 10; index += 1) {
    const started = performance.now();
    connection.send(request);
    expect((await connection.answer())?.status).toBe(status);
    worst = Math.max(worst, performance.now() - started);
  }
  connection.close();
  return worst;
}

async function held(): Promise<number> {
  const { text } = await gateway.http.get('/metrics');
  return Number(/^http_answers_held_total (\d+)$/m.exec(text)?.[1]);
}

const WRONG = get('/v1/me', 'Authorization: Bearer x\r\n');
const NOTHING = get('/nothing');

describe('A stranger who asks without end', () => {
  it.each([
    ['with a wrong token', WRONG, '127.2.0.1'],
    ['for what does not exist', NOTHING, '127.2.0.2'],
    ['for the document', get('/openapi.json'), '127.2.0.3'],
    ['with bytes that are no request', 'NOTHING\r\n\r\n', '127.2.0.4'],
    ['with an address that cannot be read', get('/%ff'), '127.2.0.5'],
  ])('is answered at the rate of one address, however many connections ask %s', async (_, request, from) => {
    // What is allowed at once, a second of the rate, and what the last wait of a connection lets pass.
    expect(await ask(request, { from, forMs: 1_000 })).toBeLessThanOrEqual(2 * PER_SECOND + 16);
  });

  it('delays no neighbour behind the same address who proves who they are, and no check of a balancer', async () => {
    const from = '127.2.1.1';
    const flood = ask(WRONG, { from, forMs: 2_000 });
    await sleep(1_000);
    const desk = get('/v1/submissions', `Authorization: ${backOffice('nanovest')}\r\n`);
    expect(await slowest(desk, from, 200)).toBeLessThan(LATE_MS);
    expect(await slowest(get('/health/live'), from, 200)).toBeLessThan(LATE_MS);
    expect(await slowest(get('/health/ready'), from, 200)).toBeLessThan(LATE_MS);
    await flood;
  });

  it('delays nobody at another address, nor another client of the same proxy', async () => {
    const flood = Promise.all([
      ask(NOTHING, { from: '127.2.2.1', forMs: 2_000 }),
      ask(get('/nothing', 'X-Forwarded-For: 198.51.100.1\r\n'), { from: '127.0.0.9', forMs: 2_000 }),
    ]);
    await sleep(500);
    expect(await slowest(NOTHING, '127.2.2.2', 404)).toBeLessThan(LATE_MS);
    const neighbour = get('/nothing', 'X-Forwarded-For: 198.51.100.2\r\n');
    expect(await slowest(neighbour, '127.0.0.9', 404)).toBeLessThan(LATE_MS);
    await flood;
  });

  it('waits a second at most', async () => {
    const from = '127.2.3.1';
    const flood = ask(NOTHING, { from, connections: 25, forMs: 2_500 });
    await sleep(1_000);
    const connection = await RawConnection.open(gateway.url, from);
    const started = performance.now();
    connection.send(NOTHING);
    expect((await connection.answer())?.status).toBe(404);
    const tookMs = performance.now() - started;
    expect(tookMs).toBeGreaterThan(500);
    expect(tookMs).toBeLessThan(1_500);
    connection.close();
    await flood;
  });

  it('does not get ahead by hanging up: the connection counts until its answer was due', async () => {
    const from = '127.2.4.1';
    const gone = await Promise.all(Array.from({ length: 30 }, () => RawConnection.open(gateway.url, from)));
    for (const connection of gone)
      connection.send('POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n');
    await sleep(200);
    for (const connection of gone) connection.close();
    await sleep(100);
    const next = await RawConnection.open(gateway.url, from);
    expect(await next.end(300)).toBe(true);
    await sleep(1_500);
    expect(await slowest(get('/health/live'), from, 200)).toBeLessThan(LATE_MS);
  });

  it('is counted, and named in the log once a minute', async () => {
    const before = await held();
    await ask(NOTHING, { from: '127.2.5.1', forMs: 1_500 });
    expect(await held()).toBeGreaterThan(before);
    const lines = (await gateway.log()).filter((line) => line.includes('answers held back'));
    expect(lines.filter((line) => line.includes('127.2.5.1'))).toHaveLength(1);
  });
});

describe('A client that sends its next request before it was answered', () => {
  it('loses the connection, and only the first is carried out', async () => {
    const code = (number: string): string => {
      const body = JSON.stringify({ identifier: number, otp: '123456', channel: 'sms' });
      return (
        `POST /v1/webhooks/otp HTTP/1.1\r\nHost: a\r\nAuthorization: ${otpSender('nanovest')}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      );
    };
    const connection = await RawConnection.open(gateway.url, '127.2.6.1');
    connection.send(code('6281110000001') + code('6281110000002') + code('6281110000003'));
    expect(await connection.end(2_000)).toBe(true);
    await sleep(500);
    const database = new Client(gateway.database.url);
    await database.connect();
    const { rows } = await database.query<{ codes: number }>(
      'SELECT count(*)::int AS codes FROM otp_delivery',
    );
    await database.end();
    expect(rows).toEqual([{ codes: 1 }]);
  });

  it('is served like anybody when it waits', async () => {
    const connection = await RawConnection.open(gateway.url, '127.2.6.2');
    for (let index = 0; index < 5; index += 1) {
      connection.send(get('/health/live'));
      expect((await connection.answer())?.status).toBe(200);
    }
    connection.close();
  });
});
