import type { Response } from 'supertest';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { newCode, newPhone, OtpDesk } from '../support/otp-desk';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';
import { PATIENT } from './satusehat-officer';

type Line = Readonly<Record<string, unknown>>;

/** Nobody listens there. */
const NOBODY = 'localhost:9';
const CLOSED = `http://${NOBODY}`;
/** What an answer must say nothing of: causes, hosts and ports. */
const INSIDE = /E(CONN|NOTFOUND|AI_)|CERT_|localhost|127\.0\.0\.1/;

let gateway: TestGateway;

beforeAll(async () => {
  await buildWhenStale();
  gateway = await startTestGateway({
    environment: {
      ...{ COMMON_KYC_BASE_URL: CLOSED, SATUSEHAT_BASE_URL: CLOSED },
      ...{ GTF_COE_TOKEN_BASE_URL: CLOSED, GTF_COE_BASE_URL: CLOSED },
      ...{ GTF_ESIGN_TOKEN_BASE_URL: CLOSED, GTF_ESIGN_BASE_URL: CLOSED },
      ...{ WHATSAPP_BASE_URL: CLOSED, TWILIO_BASE_URL: CLOSED, OTP_FALLBACK: 'none' },
      BU_NANOVEST_SMTP_URL: `smtp://${NOBODY}`,
      BU_NANOVEST_EVENTS_URL: `${CLOSED}/events`,
    },
  });
}, 180_000);
afterAll(() => gateway?.close());

/** The first line that fits, once there is one. */
async function told(fits: (line: Line) => boolean): Promise<Line | undefined> {
  const ask = async (): Promise<Line | undefined> =>
    (await gateway.log()).map((line) => JSON.parse(line) as Line).find(fits);
  return eventually(ask, (line) => line !== undefined);
}

async function metric(line: string): Promise<boolean> {
  const ask = async (): Promise<boolean> => (await gateway.http.get('/metrics')).text.includes(`\n${line}\n`);
  return eventually(ask, Boolean);
}

async function readiness(): Promise<{ text: string; checks: Readonly<Record<string, string>> }> {
  const { text, body } = await gateway.http.get('/health/ready');
  return { text, checks: (body as { checks: Record<string, string> }).checks };
}

const asOffice = (method: 'get' | 'post', path: string): ReturnType<TestGateway['http']['get']> =>
  gateway.http[method](path).set('authorization', backOffice('nanovest'));
const sixCodes = (channel: string): Promise<Response[]> =>
  Promise.all(
    Array.from({ length: 6 }, () => {
      const identifier = channel === 'email' ? `${newCode()}@example.org` : newPhone();
      return new OtpDesk(gateway).post({ identifier, otp: newCode(), channel });
    }),
  );
/** One after the other: those who wait for the same token at once make one call. */
async function eight(ask: () => PromiseLike<Response>): Promise<Response[]> {
  const answers: Response[] = [];
  while (answers.length < 8) answers.push(await ask());
  return answers;
}

interface Away {
  /** In `/health/ready`. */
  readonly check: string;
  /** What the alarm's line says of whom. */
  readonly whom: Line;
  readonly alarm: 'partner_away' | 'otp_channel_away';
  readonly metric: string;
  readonly cause?: string;
  /** Where it is called; by default nowhere. */
  readonly host?: () => string;
  /** Calls it often enough; the answers. */
  readonly call: () => Promise<Response[]>;
}

const partner = (check: string, name: string, call: Away['call']): Away => ({
  ...{ check, call, alarm: 'partner_away', whom: { partner: name } },
  metric: `partner_breaker_open{partner="${name}"} 1`,
});
const channel = (name: string): Away => ({
  check: `${name}-nanovest`,
  alarm: 'otp_channel_away',
  whom: { channel: name, businessUnit: 'nanovest' },
  metric: `otp_breaker_open{bu="nanovest",channel="${name}"} 1`,
  call: () => sixCodes(name),
});
const pathOfSiv = '/v1/gtf/identity-verifications';

const PARTNERS: readonly Away[] = [
  partner('common-kyc', 'common-kyc', () =>
    eight(() => asOffice('get', `/v1/common-kyc?phoneNumber=${newPhone()}&purpose=manual-review`)),
  ),
  partner('gtf-coe', 'GTF COE token', () =>
    eight(() => new GtfPerson(gateway, 'nanovest', newPhone()).create()),
  ),
  partner('gtf-siv', 'GTF SIV token', () =>
    eight(() =>
      new GtfPerson(gateway, 'nanovest', newPhone()).post(pathOfSiv, {
        source: 'SDK',
        verificationReferenceId: 'r-1',
      }),
    ),
  ),
  partner('satusehat', 'SATUSEHAT', () =>
    eight(() => asOffice('post', '/v1/satusehat/challenge-codes').send(PATIENT)),
  ),
  ...['email', 'sms', 'whatsapp'].map(channel),
  {
    ...partner('simas-id', 'simas-id', async () => {
      const fault = { partner: 'simas-id', operation: 'userinfo', kind: 'reset', times: 1_000 };
      const headers = { 'content-type': 'application/json' };
      await fetch(`${gateway.lab.urls.inbox}/lab/faults`, {
        method: 'POST',
        headers,
        body: JSON.stringify(fault),
      });
      return eight(() => new GtfPerson(gateway, 'nanovest', newPhone()).get('/v1/me/userinfo'));
    }),
    cause: 'ECONNRESET',
    host: () => new URL(gateway.lab.urls.simasId).host,
  },
];

describe('who operates the gateway, while a partner is away', () => {
  it('sees every partner by name before that, and all of them well', async () => {
    const units = ['nanovest', 'siminvest'];
    const channels = ['email', 'sms', 'whatsapp'].flatMap((name) => units.map((unit) => `${name}-${unit}`));
    const named = [
      'database',
      'simas-id',
      'common-kyc',
      'gtf-coe',
      'gtf-siv',
      'satusehat',
      'ledger',
      ...channels,
    ];
    const { checks } = await readiness();
    expect(checks).toEqual(Object.fromEntries(named.map((name) => [name, 'ok'])));
  });

  it.each(PARTNERS)(
    'finds $check by its alarm, cause and metric, and none of it in an answer',
    async (away) => {
      const answers = await away.call();
      const about = (line: Line): boolean =>
        Object.entries(away.whom).every(([name, value]) => line[name] === value);
      const alarm = await told((line) => line['alarm'] === away.alarm && about(line));
      expect(alarm).toMatchObject({ level: 'error', ...away.whom });
      const cause = { cause: away.cause ?? 'ECONNREFUSED', host: away.host?.() ?? NOBODY };
      expect(await told((line) => about(line) && line['cause'] === cause.cause)).toMatchObject(cause);
      expect(await metric(away.metric)).toBe(true);
      expect(answers.map(({ status, text }) => [status, INSIDE.exec(text)?.[0]])).not.toContainEqual([
        expect.anything(),
        expect.any(String),
      ]);
    },
  );

  it('sees in the readiness who is away, and nothing of why; what works is well', async () => {
    const away = Object.fromEntries(PARTNERS.map(({ check }) => [check, 'degraded']));
    const { text, checks } = await eventually(readiness, (ready) => ready.checks['simas-id'] === 'degraded');
    const others = ['email', 'sms', 'whatsapp'].map((name) => [`${name}-siminvest`, 'ok']);
    expect(checks).toEqual({ ...away, ...Object.fromEntries(others), database: 'ok', ledger: 'ok' });
    expect(text).not.toMatch(INSIDE);
  });

  it('finds why a unit hears of nothing', async () => {
    await asOffice('post', '/v1/common-kyc').send({
      ...{ phoneNumber: newPhone(), fullName: 'Jane Roe', nik: '3171015708900001' },
      ...{ dateOfBirth: '1990-08-17', email: '' },
    });
    const line = await told(({ msg }) => msg === 'an event was not taken');
    expect(line).toMatchObject({ businessUnit: 'nanovest', reason: 'ECONNREFUSED', host: NOBODY });
    const { text } = await asOffice('get', '/v1/event-deliveries');
    expect(text).not.toMatch(INSIDE);
  });

  it('has counted each alarm', async () => {
    const { text } = await gateway.http.get('/metrics');
    const counted = (alarm: string): number =>
      Number(new RegExp(`^kyc_gateway_alarms_total\\{alarm="${alarm}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
    expect(counted('partner_away')).toBeGreaterThanOrEqual(5);
    expect(counted('otp_channel_away')).toBeGreaterThanOrEqual(3);
    expect(counted('ledger_chain_broken')).toBe(0);
  });
});
