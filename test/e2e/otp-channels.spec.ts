import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Fault } from '../../lab/faults';
import { newCode, newPhone, OtpDesk } from '../support/otp-desk';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

/** Errors of the providers, one gateway for all: every case has a channel's breaker to itself, see `afterwards`. */
describe('What a provider says decides what happens', () => {
  let gateway: TestGateway;
  let desk: OtpDesk;

  beforeAll(async () => {
    gateway = await startTestGateway({ environment: { PARTNER_TIMEOUT_MS: '1200', OTP_FALLBACK: 'none' } });
    desk = new OtpDesk(gateway);
  });
  afterAll(() => gateway.close());
  afterEach(() => {
    for (const server of [gateway.lab.whatsapp, gateway.lab.twilio, gateway.lab.smtp]) server.faults.clear();
  });

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
    const server = { whatsapp: gateway.lab.whatsapp, sms: gateway.lab.twilio, email: gateway.lab.smtp }[
      channel
    ];
    if (server === undefined) throw new Error(channel);
    server.faults.next(fault);
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
    // Not among the tries of those below.
    await desk.sql('UPDATE otp_delivery SET expires_at = now(), due_at = now() WHERE id = $1', [id]);
    await desk.when(id, 'expired');
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
      const { attempts } = await desk.tried(id, 2);
      expect(attempts[1]).toMatchObject({ outcome: 'accepted', possibleDuplicate: true });
    });

    it('twice: failed, and never a third message', async () => {
      const { id } = await firstTry('sms', { hang: true, times: 2 });
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

  it.each(cases)(
    '%s "%s" %j: failed, an alarm, and the channel rests',
    async (channel, outcome, fault, errorCode) => {
      const gateway = await startTestGateway({ environment: { OTP_FALLBACK: 'none' } });
      try {
        const desk = new OtpDesk(gateway);
        const { lab } = gateway;
        ({ whatsapp: lab.whatsapp, sms: lab.twilio, email: lab.smtp })[channel].faults.next(fault);
        const identifier = (): string => (channel === 'email' ? `${newCode()}@example.org` : newPhone());
        const id = await desk.send({ channel, identifier: identifier() });
        const delivery = await desk.when(id, 'failed');
        expect(delivery).toMatchObject({ reason: outcome, attempts: [{ outcome, errorCode }] });
        expect(gateway.logLines.filter((line) => line.includes('"alarm":true'))).toEqual([
          expect.stringContaining(`"channel":"${channel}"`),
        ]);
        const waiting = await desk.send({ channel, identifier: identifier() });
        await desk.sql('SELECT pg_sleep(0.3)');
        expect(await desk.see(waiting)).toMatchObject({ status: 'queued', attempts: [] });
        const other = channel === 'email' ? 'sms' : 'email';
        const otherId = await desk.send({
          channel: other,
          identifier: other === 'email' ? 'x@example.org' : newPhone(),
        });
        await desk.tried(otherId, 1);
        const health = await gateway.http.get('/health/ready');
        expect([health.status, health.body.status]).toEqual([200, 'degraded']);
      } finally {
        await gateway.close();
      }
    },
  );
});

describe('One person’s bad address', () => {
  let gateway: TestGateway;
  let desk: OtpDesk;

  beforeAll(async () => {
    gateway = await startTestGateway();
    desk = new OtpDesk(gateway);
  });
  afterAll(() => gateway.close());

  it.each([
    { path: 'RCPT', status: 556, body: '5.1.10 Recipient address has null MX' },
    { path: 'RCPT', status: 451, body: '4.7.1 Greylisting in action' },
    { path: 'DATA', status: 452, body: '4.2.2 Mailbox full' },
  ])('%j: however many mistype theirs, the next person’s mail leaves at once', async (fault) => {
    gateway.lab.smtp.faults.next({ ...fault, times: 8 });
    const strangers = Array.from({ length: 8 }, () =>
      desk.send({ channel: 'email', identifier: `${newCode()}@example.org` }),
    );
    for (const id of await Promise.all(strangers)) await desk.tried(id, 1);
    gateway.lab.smtp.faults.clear();
    const id = await desk.send({ channel: 'email', identifier: `${newCode()}@example.org` });
    await desk.when(id, 'accepted', 2_000);
    expect(gateway.logLines.filter((line) => line.includes('"alarm":true'))).toEqual([]);
  });
});

describe('A refusal in words that nobody knows', () => {
  it('ends one person’s code with an alarm, and everybody else is served', async () => {
    const gateway = await startTestGateway();
    try {
      const desk = new OtpDesk(gateway);
      const identifier = newPhone();
      gateway.lab.twilio.faults.next({ status: 400, body: { code: 21_612 }, times: 3 });
      for (let round = 0; round < 3; round += 1) {
        const id = await desk.send({ identifier });
        expect(await desk.when(id, 'failed')).toMatchObject({
          reason: 'setup',
          attempts: [{ outcome: 'setup', errorCode: '21612' }],
        });
      }
      await desk.when(await desk.send(), 'delivered');
      expect(gateway.logLines.filter((line) => line.includes('"alarm":true'))).toEqual([
        expect.stringContaining('"errorCode":"21612"'),
      ]);
    } finally {
      await gateway.close();
    }
  });
});

describe('An SMS aggregator’s answer', () => {
  let gateway: TestGateway;
  let desk: OtpDesk;

  beforeAll(async () => {
    gateway = await startTestGateway({
      environment: { BU_NANOVEST_SMS_PROVIDER: 'http', PARTNER_TIMEOUT_MS: '1200' },
    });
    desk = new OtpDesk(gateway);
  });
  afterAll(() => gateway.close());

  it.each<[Fault, string, string, string]>([
    [{ status: 503 }, 'transient', 'http_503', 'accepted'],
    [{ status: 429 }, 'transient', 'http_429', 'accepted'],
    [{ hang: true }, 'unknown', 'timeout', 'accepted'],
    [{ reset: true, afterWork: true }, 'unknown', 'unavailable', 'accepted'],
    [{ breakOff: true, status: 503 }, 'transient', 'http_503', 'accepted'],
    [{ status: 409 }, 'recipient', 'http_409', 'failed'],
    [{ status: 422 }, 'recipient', 'http_422', 'failed'],
    // Last: after that the channel rests.
    [{ status: 401 }, 'setup', 'http_401', 'failed'],
  ])('%j is %s (%s), and the code ends %s', async (fault, outcome, errorCode, status) => {
    gateway.lab.sms.faults.next(fault);
    const id = await desk.send();
    const [first] = (await desk.tried(id, 1)).attempts;
    expect(first).toMatchObject({ provider: 'http', outcome, errorCode });
    await desk.when(id, status);
  });
});

describe('An answer whose head says yes and whose body breaks', () => {
  let gateway: TestGateway;
  let desk: OtpDesk;

  beforeAll(async () => {
    gateway = await startTestGateway({ environment: { BU_NANOVEST_SMS_PROVIDER: 'http' } });
    desk = new OtpDesk(gateway);
  });
  afterAll(() => gateway.close());

  it.each(['sms', 'twilio', 'whatsapp'] as const)(
    'from %s: the person gets one message, not two',
    async (by) => {
      const { lab } = gateway;
      lab[by].faults.next({ breakOff: true, afterWork: true });
      const at = by === 'twilio' ? new OtpDesk(gateway, 'siminvest') : desk;
      const identifier = newPhone();
      const id = await at.send({ identifier, channel: by === 'whatsapp' ? 'whatsapp' : 'sms' });
      const { attempts } = await at.tried(id, 1);
      expect(attempts[0]).toMatchObject({ outcome: 'accepted' });
      await desk.sql('SELECT pg_sleep(1.5)');
      expect(await at.see(id)).toMatchObject({ attempts: [expect.anything()] });
      expect(lab[by].messages().filter(({ to }) => to.replace('+', '') === identifier)).toHaveLength(1);
    },
  );
});

describe('Providers that are away for longer than the codes live', () => {
  it('get nothing late: every code ends expired and erased', async () => {
    const gateway = await startTestGateway({ environment: { OTP_FALLBACK: 'none' } });
    try {
      const { whatsapp, twilio, smtp } = gateway.lab;
      whatsapp.faults.next({ status: 503, times: 1_000 });
      twilio.faults.next({ status: 503, times: 1_000 });
      smtp.faults.next({ path: 'CONNECT', reset: true, times: 1_000 });
      const desk = new OtpDesk(gateway);
      const codes = Array.from({ length: 30 }, (_, index) => ({
        otp: newCode(),
        channel: ['whatsapp', 'sms', 'email'][index % 3] ?? 'sms',
        identifier: index % 3 === 2 ? `late${index}@example.org` : newPhone(),
      }));
      const ids = await Promise.all(codes.map((code) => desk.send(code)));
      for (const channel of [0, 1, 2]) await desk.tried(ids[channel] ?? '', 1);
      // Four seconds are left: too little to send anything, though the providers are back.
      for (const id of ids) await desk.age(id, 176);
      for (const server of [whatsapp, twilio, smtp]) server.faults.clear();
      for (const id of ids) expect(await desk.when(id, 'expired')).toMatchObject({ status: 'expired' });
      expect([whatsapp.messages(), twilio.messages(), smtp.mails()]).toEqual([[], [], []]);
      const [left] = await desk.sql<{ open: number }>(
        'SELECT count(*)::integer AS open FROM otp_delivery WHERE sealed IS NOT NULL',
      );
      expect(left).toEqual({ open: 0 });
    } finally {
      await gateway.close();
    }
  });
});

describe('A provider that is away', () => {
  let gateway: TestGateway;
  let desk: OtpDesk;

  beforeAll(async () => {
    // Nobody listens there: the connection is refused.
    gateway = await startTestGateway({
      environment: {
        TWILIO_BASE_URL: 'http://localhost:9',
        BU_SIMINVEST_SMTP_URL: 'smtp://localhost:9',
        PARTNER_TIMEOUT_MS: '500',
      },
    });
    desk = new OtpDesk(gateway);
  });
  afterAll(() => gateway.close());

  it('is tried again and again, and at the deadline nothing is sent any more', async () => {
    const id = await desk.send({ channel: 'sms' });
    await desk.tried(id, 2);
    expect(await desk.see(id)).toMatchObject({
      attempts: [{ outcome: 'transient' }, { outcome: 'transient' }],
    });
    await desk.age(id, 177);
    const delivery = await desk.when(id, 'expired');
    expect(delivery.attempts.length).toBeLessThan(4);
    const [row] = await desk.sql('SELECT sealed, key_id FROM otp_delivery WHERE id = $1', [id]);
    expect(row).toEqual({ sealed: null, key_id: null });
  });

  it('does not hold up other channels and units', async () => {
    await Promise.all(Array.from({ length: 40 }, () => desk.send({ channel: 'sms' })));
    const id = await desk.send({ channel: 'email', identifier: 'jane@example.org' });
    const delivery = await desk.tried(id, 1, 2_000);
    expect(delivery).toMatchObject({ status: 'accepted', attempts: [{ outcome: 'accepted' }] });
  });
});

describe('A provider to whom no connection is made', () => {
  it('was sent nothing: it is tried again while the code lives, and no try counts as a possible duplicate', async () => {
    const sockets: Socket[] = [];
    // Takes connections and never shakes hands.
    const mute = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const gateway = await startTestGateway({
      environment: {
        TWILIO_BASE_URL: `https://127.0.0.1:${(mute.address() as AddressInfo).port}`,
        PARTNER_TIMEOUT_MS: '300',
      },
    });
    try {
      const desk = new OtpDesk(gateway);
      const nothingSent = { outcome: 'transient', errorCode: 'timeout', possibleDuplicate: false };
      const tries = [nothingSent, nothingSent, nothingSent];
      const id = await desk.send({ channel: 'sms' });
      expect(await desk.tried(id, 3)).toMatchObject({ status: 'queued', attempts: tries });
    } finally {
      await gateway.close();
      for (const socket of sockets) socket.destroy();
      mute.close();
    }
  });
});

describe('A provider that never answers', () => {
  it('does not hold up other channels and units', async () => {
    const gateway = await startTestGateway({ environment: { PARTNER_TIMEOUT_MS: '5000' } });
    try {
      const desk = new OtpDesk(gateway);
      gateway.lab.twilio.faults.next({ hang: true, times: 60 });
      await Promise.all(Array.from({ length: 60 }, () => desk.send({ channel: 'sms' })));
      const started = performance.now();
      const id = await desk.send({ channel: 'whatsapp' });
      await desk.tried(id, 1);
      const other = new OtpDesk(gateway, 'siminvest');
      gateway.lab.twilio.faults.clear();
      await other.tried(await other.send({ channel: 'sms' }), 1);
      expect(performance.now() - started).toBeLessThan(2_000);
    } finally {
      // What is being sent is waited for; what waits is left to other processes.
      const stopping = performance.now();
      await gateway.close();
      expect(performance.now() - stopping).toBeLessThan(8_000);
    }
  });
});
