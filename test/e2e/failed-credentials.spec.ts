import { Client } from 'pg';
import { labCredentials } from '../../lab';
import { backOffice, basic, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

/** What a guesser can try, and what comes of the right credential. */
interface Door {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly wrong: Readonly<Record<string, string>>;
  readonly wrongPath?: string;
  readonly right: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A wrong credential's answer, and the right one's. */
  readonly statuses: readonly [wrong: number, right: number];
  readonly reason: string;
}

const JSON_BODY = { 'content-type': 'application/json' };
const VERIFY = '/v1/webhooks/whatsapp/nanovest?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=';
const gtf = labCredentials('nanovest').gtfCallback;

const DOORS: Readonly<Record<string, Door>> = {
  'back-office': {
    method: 'GET',
    path: '/v1/submissions',
    wrong: { authorization: basic('nanovest-office', 'guessed') },
    right: { authorization: backOffice('nanovest') },
    statuses: [401, 200],
    reason: 'wrong_user_or_password',
  },
  'otp-webhook': {
    method: 'POST',
    path: '/v1/webhooks/otp',
    wrong: { ...JSON_BODY, authorization: basic('nanovest-otp', 'guessed') },
    right: { ...JSON_BODY, authorization: otpSender('nanovest') },
    body: JSON.stringify({ identifier: '084512340987', otp: '123456', channel: 'sms' }),
    statuses: [401, 200],
    reason: 'wrong_user_or_password',
  },
  'gtf-callback': {
    method: 'POST',
    path: '/coe/submissions-callback',
    wrong: { ...JSON_BODY, [gtf.header]: 'guessed' },
    right: { ...JSON_BODY, [gtf.header]: gtf.value },
    body: '{"submissionId":"c64b4c8c-9a8f-4e9c-b86a-0908291c855e","status":"COMPLETED"}',
    statuses: [401, 200],
    reason: 'header_wrong',
  },
  'whatsapp-verify-token': {
    method: 'GET',
    path: VERIFY + encodeURIComponent(labCredentials('nanovest').whatsapp.verifyToken),
    wrongPath: `${VERIFY}guessed`,
    wrong: {},
    right: {},
    statuses: [403, 200],
    reason: 'verify_token_wrong',
  },
};

let gateway: TestGateway;
/** Another process on the same database. */
let twin: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ environment: { TRUST_PROXY: '1' } });
  twin = await startTestGateway({
    lab: gateway.lab,
    database: gateway.database,
    environment: gateway.environment,
  });
});
afterAll(async () => {
  await twin?.close();
  await gateway?.close();
});

let addresses = 0;
/** One that nobody failed at. */
function newAddress(): string {
  addresses += 1;
  return `198.51.100.${addresses}`;
}

function knock(door: Door, with_: 'right' | 'wrong', forwardedFor: string, at = gateway): Promise<Response> {
  const path = with_ === 'wrong' ? (door.wrongPath ?? door.path) : door.path;
  return fetch(at.url + path, {
    method: door.method,
    headers: { ...door[with_], 'x-forwarded-for': forwardedFor },
    ...(door.body === undefined ? {} : { body: door.body }),
  });
}

/** More at once could keep the database busy for over a second, and then each process counts for itself. */
const AT_ONCE = 12;

async function statuses(
  door: Door,
  forwardedFor: (turn: number) => string,
  { times, at }: { times: number; at: readonly TestGateway[] },
): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  let turn = 0;
  const inARow = async (): Promise<void> => {
    for (let own = turn++; own < times; own = turn++) {
      const answer = await knock(door, 'wrong', forwardedFor(own), at[own % at.length]);
      await answer.arrayBuffer();
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, inARow));
  return counts;
}

const DESK = DOORS['back-office'] as Door;

describe.each(Object.entries(DOORS))('a stranger who guesses the credential %s', (credential, door) => {
  const [wrong, right] = door.statuses;

  it('has twenty tries a minute over all processes, and the rightful caller passes all the while', async () => {
    const address = newAddress();
    expect(await statuses(door, () => address, { times: 60, at: [gateway, twin] })).toEqual({
      [wrong]: 20,
      429: 40,
    });
    const limited = await knock(door, 'wrong', address);
    const wait = Number(limited.headers.get('retry-after'));
    expect([limited.status, wait > 0 && wait <= 60]).toEqual([429, true]);
    expect(await limited.text()).toContain('rate_limited');
    expect((await knock(door, 'right', address)).status).toBe(right);
    expect((await knock(door, 'wrong', newAddress())).status).toBe(wrong);
  });

  it('is in the log with the reason and in the metrics, and what they guessed is not', async () => {
    const address = newAddress();
    await knock(door, 'wrong', address);
    const line = (await gateway.log()).find(
      (text) => text.includes('credentials refused') && text.includes(`"${address}"`),
    );
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      credential,
      reason: door.reason,
      requestId: expect.any(String),
    });
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    const labels = `credential="${credential}",reason="${door.reason}"`;
    expect(metrics).toContain(`credentials_refused_total{${labels},outcome="refused"}`);
    expect(metrics).toContain(`credentials_refused_total{${labels},outcome="limited"}`);
    expect(metrics).not.toContain(address);
    expect((await gateway.log()).join('')).not.toContain('guessed');
  });
});

describe('an address', () => {
  it('is the same with whatever port a proxy writes behind it', async () => {
    const address = newAddress();
    const counts = await statuses(DESK, (turn) => `${address}:${50_000 + turn}`, {
      times: 30,
      at: [gateway],
    });
    expect(counts).toEqual({ 401: 20, 429: 10 });
    expect((await knock(DESK, 'wrong', address)).status).toBe(429);
  });

  it('of IPv6 counts with its /64, written with brackets and port or without', async () => {
    const written = (turn: number): string => {
      const host = `2001:db8:0:1::${turn.toString(16)}`;
      return turn % 2 === 0 ? host : `[${host}]:443`;
    };
    expect(await statuses(DESK, written, { times: 30, at: [gateway, twin] })).toEqual({ 401: 20, 429: 10 });
    expect((await knock(DESK, 'wrong', '2001:db8:0:2::1')).status).toBe(401);
  });

  it('counts for all kinds of credential together', async () => {
    const address = newAddress();
    for (const door of Object.values(DOORS))
      await statuses(door, () => address, { times: 5, at: [gateway, twin] });
    for (const door of Object.values(DOORS)) expect((await knock(door, 'wrong', address)).status).toBe(429);
  });

  it('is nowhere in the database, and who is in order leaves nothing there at all', async () => {
    await withDatabase(async (client) => {
      await client.query('DELETE FROM rate_limit');
      const address = newAddress();
      for (const door of Object.values(DOORS)) await knock(door, 'right', address);
      expect((await client.query('SELECT key FROM rate_limit')).rows).toEqual([]);
      await knock(DESK, 'wrong', address);
      const { rows } = await client.query<{ key: string }>('SELECT key FROM rate_limit');
      expect(rows).toHaveLength(1);
      expect(rows[0]?.key).toMatch(/^failed-credentials:[\w-]{43}$/);
    });
  });
});

describe('without the table', () => {
  it('each process counts for itself, and right credentials are none the worse', async () => {
    await withDatabase(async (client) => {
      await client.query('ALTER TABLE rate_limit RENAME TO rate_limit_away');
      try {
        const address = newAddress();
        expect(await statuses(DESK, () => address, { times: 60, at: [gateway, twin] })).toEqual({
          401: 40,
          429: 20,
        });
        expect((await knock(DESK, 'right', address)).status).toBe(200);
      } finally {
        await client.query('ALTER TABLE rate_limit_away RENAME TO rate_limit');
      }
    });
  });
});

describe('a stranger at a webhook', () => {
  it('cannot tell which business units there are, nor which have WhatsApp', async () => {
    const ask = async (unit: string, method: string): Promise<object> => {
      const query = 'hub.mode=subscribe&hub.verify_token=x&hub.challenge=1';
      const path = `/v1/webhooks/whatsapp/${unit}${method === 'GET' ? `?${query}` : ''}`;
      const headers = { 'x-forwarded-for': newAddress(), 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` };
      const answer = await fetch(gateway.url + path, { method, headers });
      const { requestId, ...told } = (await answer.json()) as Record<string, unknown>;
      expect(requestId).toEqual(expect.any(String));
      return { status: answer.status, ...told };
    };
    for (const method of ['GET', 'POST'])
      expect(await ask('nobody', method)).toEqual(await ask('nanovest', method));
  });
});

describe('GTF', () => {
  const GTF = DOORS['gtf-callback'] as Door;

  it('calls back from the addresses that were agreed, with a port behind them or without', async () => {
    const strict = await startTestGateway({
      lab: gateway.lab,
      environment: {
        TRUST_PROXY: '127.0.0.1,10.0.0.0/8',
        GTF_CALLBACK_ALLOWED_IPS: '203.0.113.0/24,2001:db8::/32',
      },
    });
    try {
      const agreed = ['203.0.113.7', '203.0.113.7:51234', '2001:db8::1', '[2001:db8::1]:443'];
      // The last proxies are ours; what came before them is whatever the caller claims.
      const forwarded = [...agreed, '203.0.113.7:51234, 10.1.2.3:8080', 'unknown, 203.0.113.7, 10.1.2.3'];
      for (const chain of forwarded)
        expect([chain, (await knock(GTF, 'right', chain, strict)).status]).toEqual([chain, 200]);
      const foreign = ['203.0.114.7:51234', '[2001:db9::1]:443', '203.0.113.7, 198.51.100.7', 'unknown'];
      for (const chain of foreign)
        expect([chain, (await knock(GTF, 'right', chain, strict)).status]).toEqual([chain, 401]);
      expect((await strict.log()).join('')).toContain('"reason":"address_not_allowed"');
    } finally {
      await strict.close();
    }
  });

  it('that sends no header at all is in the log, too', async () => {
    const address = newAddress();
    const answer = await fetch(gateway.url + GTF.path, {
      method: 'POST',
      headers: { ...JSON_BODY, 'x-forwarded-for': address },
      body: '{}',
    });
    expect(answer.status).toBe(401);
    const line = (await gateway.log()).find((text) => text.includes('header_missing'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ credential: 'gtf-callback', address });
  });
});

async function withDatabase(work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(gateway.database.url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
