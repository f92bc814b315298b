import type { FaultQueue, Fault } from '../../lab/faults';
import { eventually } from '../support/eventually';
import { newCode, newPhone, OtpDesk } from '../support/otp-desk';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

const AGGREGATED = 'aggregated';

/** One gateway for all; what lets a channel rest happens to units of its own. */
const UNITS = [
  ...['nanovest', 'mistyped', 'unheard-of', AGGREGATED, 'half-said'],
  ...Array.from({ length: 13 }, (_, index) => `unit-${index}`),
];

let gateway: TestGateway;
let desk: OtpDesk;

beforeAll(async () => {
  gateway = await startTestGateway({
    units: UNITS,
    environment: {
      PARTNER_TIMEOUT_MS: '1200',
      OTP_FALLBACK: 'none',
      BU_AGGREGATED_SMS_PROVIDER: 'http',
      BU_HALF_SAID_SMS_PROVIDER: 'http',
    },
  });
  desk = new OtpDesk(gateway, 'nanovest');
});
afterEach(() => {
  for (const { faults } of [gateway.lab.whatsapp, gateway.lab.twilio, gateway.lab.smtp]) faults.clear();
});
afterAll(() => gateway?.close());

function server(channel: string): { readonly faults: FaultQueue } {
  const { whatsapp, twilio, smtp } = gateway.lab;
  const found = { whatsapp, sms: twilio, email: smtp }[channel];
  if (found === undefined) throw new Error(channel);
  return found;
}

/** Told once a refusal is recorded, which the delivery shows a moment earlier. */
function alarmOf(unit: string): Promise<string[]> {
  return eventually(
    () => alarmsOf(unit),
    ({ length }) => length > 0,
  );
}

async function alarmsOf(unit: string): Promise<string[]> {
  const alarms = (await gateway.log()).filter((line) => line.includes('"alarm":"otp_channel_refused"'));
  return alarms.filter((line) => line.includes(`"businessUnit":"${unit}"`));
}

describe('What a provider says decides what happens', () => {
  const meta = (code: number, status = 400): Fault => ({
    status,
    body: { error: { code, message: `(#${code}) whatever`, error_data: { details: 'whatever' } } },
  });
  const twilio = (code: number, status = 400): Fault => ({
    status,
    body: { code, message: 'whatever', status },
  });

  /** Sends one code past a fault and sees how the delivery stands after that try. */
  async function firstTry(
    channel: string,
    fault: Fault,
  ): Promise<{ id: string; outcome: string; errorCode: string }> {
    server(channel).faults.next(fault);
    const otp = newCode();
    const identifier = channel === 'email' ? `${otp}@example.org` : newPhone();
    const id = await desk.send({ identifier, otp, channel });
    const { attempts } = await desk.tried(id, 1);
    return { id, outcome: String(attempts[0]?.outcome), errorCode: String(attempts[0]?.errorCode) };
  }

  describe('to be repeated', () => {
    it.each([
      ['whatsapp', meta(1, 500), '1'],
      ['whatsapp', meta(2, 503), '2'],
      ['whatsapp', meta(131_000, 500), '131000'],
      ['whatsapp', meta(131_016, 500), '131016'],
      ['whatsapp', meta(80_007), '80007'],
      ['whatsapp', { status: 429 }, 'http_429'],
      ['whatsapp', meta(130_429), '130429'],
      ['whatsapp', { status: 502, body: '<html>' }, 'http_502'],
      ['whatsapp', { status: 403, body: '<!DOCTYPE html><h1>Blocked</h1>' }, 'http_403'],
      ['sms', { status: 404, body: '<html><h1>Not here</h1></html>' }, 'http_404'],
      ['sms', { status: 404, body: { message: 'no Route matched' } }, 'http_404'],
      ['whatsapp', { status: 410, body: {} }, 'http_410'],
      ['sms', twilio(20_429, 429), '20429'],
      ['sms', { status: 500 }, 'http_500'],
      ['sms', { status: 503 }, 'http_503'],
      ['email', { path: 'RCPT', status: 450 }, '450'],
      ['email', { path: 'DATA', status: 451 }, '451'],
      [
        'email',
        { path: 'RCPT', status: 451, body: '4.7.1 Greylisting in action, please come back later' },
        '451',
      ],
      ['email', { path: 'RCPT', status: 451, body: '4.7.1 policy: looks like spam, try later' }, '451'],
      ['email', { path: 'DATA', status: 452, body: '4.2.2 Mailbox full' }, '452'],
      ['email', { path: 'AUTH', status: 454, body: '4.7.0 Temporary authentication failure' }, '454'],
      ['email', { path: 'AUTH', line: '~~~ nonsense ~~~' }, 'EAUTH'],
      ['email', { path: 'CONNECT', reset: true }, undefined],
      ['email', { path: 'MAIL', hang: true }, undefined],
    ] as const)('%s %j: delivered by the next try', async (channel, fault, errorCode) => {
      const { id, outcome, errorCode: seen } = await firstTry(channel, fault);
      expect(outcome).toBe('transient');
      if (errorCode !== undefined) expect(seen).toBe(errorCode);
      await desk.hurry(id);
      const { attempts } = await desk.tried(id, 2);
      expect(attempts[1]).toMatchObject({ outcome: 'accepted', possibleDuplicate: false });
    });
  });

  it('too soon for the same person: the next try waits six seconds', async () => {
    const { id, outcome } = await firstTry('whatsapp', meta(131_056));
    expect(outcome).toBe('throttled');
    const [row] = await desk.sql<{ wait: number }>(
      'SELECT extract(epoch FROM due_at - updated_at)::float8 AS wait FROM otp_delivery WHERE id = $1',
      [id],
    );
    expect(row?.wait).toBeCloseTo(6, 1);
    await desk.giveUp(id);
  });

  describe('nobody knows', () => {
    it.each([
      ['whatsapp', { hang: true, afterWork: true }],
      ['whatsapp', { reset: true }],
      ['whatsapp', { status: 200, body: '<html>' }],
      ['sms', { hang: true }],
      ['email', { path: 'DATA', hang: true }],
      ['email', { path: 'DATA', reset: true, afterWork: true }],
      ['email', { path: 'DATA', line: '~~~ nonsense ~~~', afterWork: true }],
      ['email', { path: 'DATA', line: '999 5.0.0 whatever', afterWork: true }],
    ] as const)('%s %j: one more try, marked as a possible duplicate', async (channel, fault) => {
      if (channel === 'whatsapp') gateway.lab.whatsapp.receipts.next([]);
      const { id, outcome } = await firstTry(channel, fault);
      expect(outcome).toBe('unknown');
      await desk.hurry(id);
      const { attempts } = await desk.tried(id, 2);
      expect(attempts[1]).toMatchObject({ outcome: 'accepted', possibleDuplicate: true });
    });

    it('twice: failed, and never a third message', async () => {
      const { id } = await firstTry('sms', { hang: true, times: 2 });
      await desk.hurry(id);
      const delivery = await desk.when(id, 'failed');
      expect(delivery.reason).toBe('unknown');
      expect(delivery.attempts.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown']);
    });

    it('until the receipt tells: what was taken is not sent again', async () => {
      const before = gateway.lab.whatsapp.messages().length;
      gateway.lab.whatsapp.receipts.next([{ status: 'sent' }, { status: 'delivered' }]);
      const { id } = await firstTry('whatsapp', { hang: true, afterWork: true });
      const delivery = await desk.when(id, 'delivered');
      expect(delivery.attempts).toEqual([
        expect.objectContaining({ outcome: 'accepted', receipt: 'delivered' }),
      ]);
      expect(gateway.lab.whatsapp.messages()).toHaveLength(before + 1);
    });
  });

  describe('the recipient cannot be reached there', () => {
    it.each([
      ['whatsapp', meta(131_026), '131026'],
      ['sms', twilio(21_211), '21211'],
      ['sms', twilio(21_614), '21614'],
      ['sms', twilio(21_610), '21610'],
      ['email', { path: 'RCPT', status: 550 }, '550'],
      ['email', { path: 'RCPT', status: 553 }, '553'],
      ['email', { path: 'RCPT', status: 556, body: '5.1.10 Recipient address has null MX' }, '556'],
      ['email', { path: 'RCPT', status: 554, body: '5.2.2 Mailbox full' }, '554'],
    ] as const)('%s %j: failed at once, and the next person is served', async (channel, fault, errorCode) => {
      const { id, ...seen } = await firstTry(channel, fault);
      expect(seen).toEqual({ outcome: 'recipient', errorCode });
      expect(await desk.when(id, 'failed')).toMatchObject({ reason: 'recipient' });
      const next = await desk.send({
        channel,
        identifier: channel === 'email' ? 'next@example.org' : newPhone(),
      });
      await desk.tried(next, 1);
    });
  });
});

describe('A channel that is set up wrongly, or held back as spam', () => {
  const cases = [
    ['whatsapp', 'setup', { status: 404, body: { error: { code: 132_001 } } }, '132001'],
    ['whatsapp', 'setup', { status: 401, body: { error: { code: 190 } } }, '190'],
    ['whatsapp', 'setup', { status: 400, body: { error: { code: 131_042 } } }, '131042'],
    ['whatsapp', 'spam', { status: 400, body: { error: { code: 131_048 } } }, '131048'],
    ['sms', 'setup', { status: 401, body: { code: 20_003 } }, '20003'],
    ['sms', 'setup', { status: 400, body: { code: 21_408 } }, '21408'],
    ['sms', 'setup', { status: 400, body: { code: 21_606 } }, '21606'],
    ['sms', 'spam', { status: 400, body: { code: 30_007 } }, '30007'],
    ['email', 'setup', { path: 'AUTH', status: 535 }, '535'],
    ['email', 'setup', { path: 'MAIL', status: 550 }, '550'],
    ['email', 'setup', { path: 'DATA', status: 550, body: '5.4.5 Daily user sending quota exceeded' }, '550'],
    ['email', 'setup', { path: 'RCPT', status: 554, body: '5.7.1 Relay access denied' }, '554'],
    ['email', 'spam', { path: 'DATA', status: 554, body: '5.7.1 rejected' }, '554'],
  ] as const;

  it.each(cases.map((one, index) => [...one, `unit-${index}`] as const))(
    '%s "%s" %j: failed, an alarm, and the channel rests',
    async (channel, outcome, fault, errorCode, unit) => {
      const own = new OtpDesk(gateway, unit);
      server(channel).faults.next(fault);
      const identifier = (by: string): string => (by === 'email' ? `${newCode()}@example.org` : newPhone());
      const send = (by: string): Promise<string> => own.send({ channel: by, identifier: identifier(by) });
      const id = await send(channel);
      const delivery = await own.when(id, 'failed');
      expect(delivery).toMatchObject({ reason: outcome, attempts: [{ outcome, errorCode }] });
      expect(await alarmOf(unit)).toEqual([expect.stringContaining(`"channel":"${channel}"`)]);
      const waiting = await send(channel);
      await own.sql('SELECT pg_sleep(0.3)');
      expect(await own.see(waiting)).toMatchObject({ status: 'queued', attempts: [] });
      await own.tried(await send(channel === 'email' ? 'sms' : 'email'), 1);
      await own.giveUp(waiting); // it would try the channel in the middle of the next case
    },
  );

  it('is degraded health, and no reason to take the gateway out of service', async () => {
    const health = await gateway.http.get('/health/ready');
    expect([health.status, health.body.status]).toEqual([200, 'degraded']);
  });
});

describe('One person’s bad address', () => {
  let desk: OtpDesk;
  beforeAll(() => {
    desk = new OtpDesk(gateway, 'mistyped');
  });

  it.each([
    { path: 'RCPT', status: 556, body: '5.1.10 Recipient address has null MX' },
    { path: 'RCPT', status: 451, body: '4.7.1 Greylisting in action' },
    { path: 'DATA', status: 452, body: '4.2.2 Mailbox full' },
  ])('%j: however many mistype theirs, the next person’s mail leaves at once', async (fault) => {
    gateway.lab.smtp.faults.next({ ...fault, times: 8 });
    const strangers = Array.from({ length: 8 }, () =>
      desk.send({ channel: 'email', identifier: `${newCode()}@example.org` }),
    );
    const ids = await Promise.all(strangers);
    for (const id of ids) await desk.tried(id, 1);
    gateway.lab.smtp.faults.clear();
    const id = await desk.send({ channel: 'email', identifier: `${newCode()}@example.org` });
    await desk.when(id, 'accepted', 5_000); // a channel at rest would take ten seconds
    expect(await alarmsOf('mistyped')).toEqual([]);
    await desk.giveUp(...ids);
  });
});

describe('A refusal in words that nobody knows', () => {
  it('ends one person’s code with an alarm, and everybody else is served', async () => {
    const own = new OtpDesk(gateway, 'unheard-of');
    const identifier = newPhone();
    gateway.lab.twilio.faults.next({ status: 400, body: { code: 21_612 }, times: 3 });
    for (let round = 0; round < 3; round += 1) {
      const id = await own.send({ identifier });
      expect(await own.when(id, 'failed')).toMatchObject({
        reason: 'setup',
        attempts: [{ outcome: 'setup', errorCode: '21612' }],
      });
    }
    await own.when(await own.send(), 'delivered');
    expect(await alarmOf('unheard-of')).toEqual([expect.stringContaining('"errorCode":"21612"')]);
  });
});

describe('An SMS aggregator’s answer', () => {
  it.each<[Fault, string, string, string]>([
    [{ status: 503 }, 'transient', 'http_503', 'accepted'],
    [{ status: 429 }, 'transient', 'http_429', 'accepted'],
    [{ hang: true }, 'unknown', 'timeout', 'accepted'],
    [{ reset: true, afterWork: true }, 'unknown', 'unavailable', 'accepted'],
    [{ breakOff: true, status: 503 }, 'transient', 'http_503', 'accepted'],
    [{ status: 200, body: '<html><h1>Sign in</h1></html>' }, 'unknown', 'http_200', 'accepted'],
    [{ status: 409 }, 'recipient', 'http_409', 'failed'],
    [{ status: 422 }, 'recipient', 'http_422', 'failed'],
    // Last: after that the channel rests.
    [{ status: 401 }, 'setup', 'http_401', 'failed'],
  ])('%j is %s (%s), and the code ends %s', async (fault, outcome, errorCode, status) => {
    gateway.lab.sms.faults.next(fault);
    const own = new OtpDesk(gateway, AGGREGATED);
    const id = await own.send();
    const [first] = (await own.tried(id, 1)).attempts;
    expect(first).toMatchObject({ provider: 'http', outcome, errorCode });
    await own.hurry(id);
    await own.when(id, status);
  });
});

describe('An answer whose head says yes and whose body breaks', () => {
  it.each([
    ['sms', 'half-said'],
    ['twilio', 'nanovest'],
    ['whatsapp', 'nanovest'],
  ] as const)('from %s: the person gets one message, not two', async (by, unit) => {
    const at = new OtpDesk(gateway, unit);
    const { [by]: provider } = gateway.lab;
    provider.faults.next({ breakOff: true, afterWork: true });
    const identifier = newPhone();
    const id = await at.send({ identifier, channel: by === 'whatsapp' ? 'whatsapp' : 'sms' });
    const { attempts } = await at.tried(id, 1);
    expect(attempts[0]).toMatchObject({ outcome: 'accepted' });
    await at.hurry(id);
    await at.sql('SELECT pg_sleep(1.5)');
    expect(await at.see(id)).toMatchObject({ attempts: [expect.anything()] });
    expect(provider.messages().filter(({ to }) => to.replace('+', '') === identifier)).toHaveLength(1);
  });
});
