import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'node:https';
import { join } from 'node:path';
import { sampleImage } from '../../lab/gtf';
import { commandBlocks } from '../../launch/command-blocks';
import { eventually } from '../support/eventually';
import { describeBehindNginx, Nginx, selfSigned } from '../support/nginx';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

const GUIDE = 'docs/guides/behind-a-proxy.md';
const PHONE = '6281234567890';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

let gateway: TestGateway;
let nginx: Nginx;
let certificate: Buffer;
/** A process that takes requests and dies over them. */
let dying: Server;
const begun: string[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({
    environment: {
      TRUST_PROXY: '1',
      GTF_CALLBACK_ALLOWED_IPS: '127.0.0.1',
      GTF_LIMIT_PER_PERSON_PER_DAY: '0',
    },
  });
  dying = createServer((asked) => {
    begun.push(`${asked.method} ${asked.url}`);
    asked.resume().once('end', () => asked.socket.destroy());
  });
  await new Promise<void>((resolve) => dying.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await gateway?.close();
  dying?.close();
});

async function startNginx(...upstream: string[]): Promise<Nginx> {
  const started = await Nginx.start({
    tls: true,
    upstream,
    install: (etc) => {
      const [install] = blocks();
      execFileSync('bash', ['-euc', (install ?? '').replaceAll('/etc/nginx', etc)]);
      selfSigned(join(etc, 'kyc-gateway.crt'), join(etc, 'kyc-gateway.key'));
    },
  });
  certificate = readFileSync(join(started.folder, 'etc', 'kyc-gateway.crt'));
  return started;
}

/** The commands of the guide. */
function blocks(): string[] {
  return commandBlocks(GUIDE).map(({ code }) => code);
}

/** A client over TLS; `onText` is told what comes, as it comes. */
function ask(
  method: string,
  path: string,
  {
    headers = {},
    body,
    onText,
  }: { headers?: Record<string, string>; body?: Buffer; onText?: (text: string) => void },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const options = { method, headers: { ...headers, ...length }, ca: certificate, agent: false as const };
    const asked = request(nginx.url + path, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        onText?.(chunk);
      });
      const answer = (): void =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      response.once('close', answer);
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

const bearer = (): Record<string, string> => ({
  authorization: `Bearer ${gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: PHONE })}`,
});
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const IN_JSON = { 'content-type': 'application/json' };

async function opened(headers: Record<string, string>): Promise<string> {
  const answer = await ask('POST', '/v1/gtf/submissions', {
    headers: { ...headers, ...IN_JSON },
    body: json({ submissionType: 'KTP_SCAN' }),
  });
  expect(answer.status).toBe(201);
  return (JSON.parse(answer.body) as { submissionId: string }).submissionId;
}

describeBehindNginx('Behind nginx as the guide sets it up', () => {
  beforeAll(async () => {
    nginx = await startNginx(new URL(gateway.url).host);
  });
  afterAll(async () => {
    await nginx?.stop();
  });

  it('every command of the guide works', () => {
    const [, reload = '', check = ''] = blocks();
    const here = reload.replaceAll(/\bnginx /g, `${nginx.command} `);
    const curl = check
      .replace('https://kyc.example.com', nginx.url)
      .replace('curl', `curl --cacert ${join(nginx.folder, 'etc', 'kyc-gateway.crt')}`);
    execFileSync('bash', ['-euc', here], { stdio: 'ignore' });
    expect(execFileSync('bash', ['-euc', curl], { encoding: 'utf8' })).toBe('200\n');
  });

  it('a picture of 8 MB reaches GTF and no disk on the way; one of 9 MB is refused by the gateway, in words', async () => {
    const headers = { ...bearer(), 'content-type': 'image/png' };
    const path = `/v1/gtf/submissions/${await opened(bearer())}/documents/KTP`;
    const picture = sampleImage();
    const padded = (bytes: number): Buffer => Buffer.concat([picture, randomBytes(bytes - picture.length)]);
    const taken = await ask('PUT', path, { headers, body: padded(8 * 1024 * 1024) });
    expect([taken.status, JSON.parse(taken.body)]).toEqual([
      200,
      expect.objectContaining({ bytes: 8_388_608 }),
    ]);
    expect(readdirSync(join(nginx.folder, 'body', 'client_body'))).toEqual([]);
    const refused = await ask('PUT', path, { headers, body: padded(9_000_000) });
    expect([refused.status, JSON.parse(refused.body)]).toEqual([
      413,
      expect.objectContaining({ code: 'payload_too_large' }),
    ]);
  });

  it('a person sees each event as it happens', async () => {
    const headers = bearer();
    const id = await opened(headers);
    let seen = '';
    const watching = ask('GET', `/v1/submissions/${id}/stream`, {
      headers,
      onText: (text) => (seen += text),
    });
    const shows = (word: string): Promise<string> =>
      eventually(
        () => Promise.resolve(seen),
        (text) => text.includes(word),
        20_000,
      );
    expect(await shows('kyc.opened')).toContain('kyc.opened');
    const erased = await ask('DELETE', `/v1/people/${PHONE}`, {
      headers: { authorization: backOffice('nanovest') },
    });
    expect(erased.status).toBeLessThan(300);
    expect((await watching).status).toBe(200);
    expect(seen).toContain('person.');
  });

  it('the caller’s own address counts, whatever the caller writes', async () => {
    const { GTF_CALLBACK_HEADER: _none, ...environment } = gateway.environment;
    const header = environment['BU_NANOVEST_GTF_CALLBACK_HEADER'] ?? 'Authorization';
    const answer = await ask('POST', '/coe/submissions-callback', {
      headers: {
        ...IN_JSON,
        [header]: environment['BU_NANOVEST_GTF_CALLBACK_SECRET'] ?? '',
        'x-forwarded-for': '203.0.113.9',
      },
      body: json({ submission_id: 'nobody' }),
    });
    expect([answer.status, answer.body]).toEqual([200, '{}']);
  });

  it('a request keeps its id, and nginx’s log says what was asked, but never of whom', async () => {
    const headers = { authorization: backOffice('nanovest'), 'x-request-id': 'asked-by-the-office-1' };
    const found = await ask('GET', `/v1/people/${PHONE}?purpose=audit`, { headers });
    expect(found.headers['x-request-id']).toBe('asked-by-the-office-1');
    const listed = await ask('GET', `/v1/otp-deliveries?identifier=${PHONE}`, {
      headers: { ...headers, 'x-request-id': 'two words' },
    });
    expect(listed.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    // nginx writes a request's line after it has sent the answer.
    const lines = await eventually(
      () => Promise.resolve(nginx.log()),
      (written) => written.some(({ requestId }) => requestId === listed.headers['x-request-id']),
    );
    expect(lines.map(({ requestId }) => requestId)).toContain(listed.headers['x-request-id']);
    expect(lines).toContainEqual(
      expect.objectContaining({ requestId: 'asked-by-the-office-1', path: '/v1/people/-', method: 'GET' }),
    );
    expect(JSON.stringify(lines)).not.toContain(PHONE.slice(2));
  });

  it('strangers find neither metrics nor partners, and plain HTTP leads to TLS', async () => {
    const statuses = ['/metrics', '/health/ready', '/health/live'].map((path) => ask('GET', path, {}));
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([404, 404, 200]);
    const plain = await fetch(`${nginx.plainUrl}/v1/me`, { redirect: 'manual' });
    expect([plain.status, plain.headers.get('location')]).toEqual([301, 'https://127.0.0.1/v1/me']);
  });
});

describeBehindNginx('While one of two processes dies over its requests', () => {
  beforeAll(async () => {
    const { port } = dying.address() as AddressInfo;
    const closed = '127.0.0.1:9';
    nginx = await startNginx(
      `${new URL(gateway.url).host} max_fails=0`,
      `127.0.0.1:${port} max_fails=0`,
      `${closed} max_fails=0`,
    );
  });
  afterAll(async () => {
    await nginx?.stop();
  });

  it('a code that was handed to it is not handed to another, and the sender is told', async () => {
    begun.length = 0;
    const headers = { authorization: otpSender('nanovest'), ...IN_JSON };
    const statuses: number[] = [];
    for (const number of [1, 2, 3, 4, 5, 6]) {
      const body = json({ identifier: `628110000000${number}`, otp: `48291${number}`, channel: 'sms' });
      statuses.push((await ask('POST', '/v1/webhooks/otp', { headers, body })).status);
    }
    const taken = statuses.filter((status) => status === 200).length;
    expect(statuses.filter((status) => status === 502).length).toBe(begun.length);
    expect([taken + begun.length, begun.length > 0]).toEqual([6, true]);
    const [row] = await gateway.query<{ count: number }>(`SELECT count(*)::integer FROM otp_delivery`);
    expect(row?.count).toBe(taken);
  });

  it('a request that only reads is answered by the other', async () => {
    const headers = { authorization: backOffice('nanovest') };
    begun.length = 0;
    const asked = [1, 2, 3, 4].map(() => ask('GET', '/v1/submissions', { headers }));
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(begun.length).toBeGreaterThan(0);
  });
});
