import { eventually } from '../support/eventually';
import { startTestGateway, type TestGateway, basic } from '../support/test-gateway';
import { newCode, newPhone, OtpDesk } from '../support/otp-desk';

describe('The OTP webhook', () => {
  let gateway: TestGateway;
  let desk: OtpDesk;

  beforeAll(async () => {
    gateway = await startTestGateway({
      environment: { OTP_DEDUPE_SECONDS: '30', OTP_LIMIT_PER_10_MINUTES: '5', OTP_LIMIT_PER_DAY: '6' },
    });
    desk = new OtpDesk(gateway);
  });
  afterAll(() => gateway.close());

  const good = { identifier: '084512340987', otp: '123456', channel: 'sms' };
  const refusal = (error: string): object => ({ error, error_description: expect.any(String) });

  describe('refuses', () => {
    it.each<[string, object]>([
      ['a missing identifier', { otp: '123456', channel: 'sms' }],
      ['a foreign number', { ...good, identifier: '+14155550100' }],
      ['a fixed line', { ...good, identifier: '0215551234' }],
      ['half an address', { ...good, identifier: 'jane@', channel: 'email' }],
      ['a code that is a number', { ...good, otp: 123456 }],
      ['a code that is too short', { ...good, otp: '123' }],
      ['a code that is too long', { ...good, otp: '12345678901' }],
      ['a code with other characters', { ...good, otp: '12-456' }],
      ['a missing code', { identifier: good.identifier, channel: 'sms' }],
      ['a missing channel', { identifier: good.identifier, otp: '123456' }],
      ['an identifier in a list', { ...good, identifier: ['084512340987'] }],
      ['a list', [good]],
    ])('%s: 400', async (_what, body) => {
      const answer = await desk.post(body);
      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(refusal('invalid_request'));
      expect(answer.headers['content-type']).toContain('application/json');
    });

    it.each<[string, string, object]>([
      ['an unknown channel', 'unsupported_channel', { ...good, channel: 'fax' }],
      ['a channel in other letters', 'unsupported_channel', { ...good, channel: 'SMS' }],
      ['a number by e-mail', 'identifier_mismatch', { ...good, channel: 'email' }],
      ['an address by SMS', 'identifier_mismatch', { ...good, identifier: 'jane@example.org' }],
      [
        'an address by WhatsApp',
        'identifier_mismatch',
        { ...good, identifier: 'jane@example.org', channel: 'whatsapp' },
      ],
    ])('%s: 422', async (_what, error, body) => {
      const answer = await desk.post(body);
      expect(answer.status).toBe(422);
      expect(answer.body).toEqual(refusal(error));
    });

    it('bodies that are no JSON, not JSON by name, or too large', async () => {
      const broken = await gateway.http
        .post('/v1/webhooks/otp')
        .set('authorization', basic('nanovest-otp', 'otp-password-of-nanovest'))
        .set('content-type', 'application/json')
        .send('{"identifier":');
      expect([broken.status, broken.body]).toEqual([400, refusal('invalid_request')]);
      const form = await desk.post(good, { 'content-type': 'application/x-www-form-urlencoded' });
      expect([form.status, form.body]).toEqual([415, refusal('invalid_request')]);
      const large = await desk.post({ ...good, more: 'x'.repeat(4_096) });
      expect([large.status, large.body]).toEqual([413, refusal('invalid_request')]);
    });

    it('a caller with no or wrong credentials, with the challenge, before looking at the body', async () => {
      for (const authorization of [
        undefined,
        basic('nanovest-otp', 'wrong'),
        basic('nanovest-office', 'office-password-of-nanovest'),
        'Bearer x',
      ]) {
        const request = gateway.http.post('/v1/webhooks/otp');
        if (authorization !== undefined) void request.set('authorization', authorization);
        const answer = await request.set('content-type', 'text/plain').send('x'.repeat(10_000));
        expect(answer.status).toBe(401);
        expect(answer.body).toEqual(refusal('unauthorized'));
        expect(answer.headers['www-authenticate']).toBe('Basic realm="otp-webhook", charset="UTF-8"');
      }
    });

    it('another method: 405', async () => {
      const answer = await gateway.http.get('/v1/webhooks/otp');
      expect(answer.status).toBe(405);
      expect(answer.body).toEqual(refusal('invalid_request'));
    });
  });

  it('ignores fields and parameters it does not know, whatever is in them', async () => {
    const grown = { transaction: { id: 7, toString: null }, message: 'two\nlines', half: '\ud800' };
    const answer = await desk.post({ ...good, identifier: newPhone(), ...grown });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id: expect.any(String), status: 'accepted' });
  });

  it('makes one delivery of a hundred equal requests at once', async () => {
    const code = { identifier: newPhone(), otp: newCode(), channel: 'sms' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => desk.post(code)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
    await gateway.lab.twilio.waitForMessage(({ text }) => text.includes(code.otp));
    await desk.when((answers[0]?.body as { id: string }).id, 'delivered');
    expect(gateway.lab.twilio.messages().filter(({ text }) => text.includes(code.otp))).toHaveLength(1);
  });

  it('takes the same number in another spelling for the same recipient', async () => {
    const phone = newPhone();
    const otp = newCode();
    const first = await desk.send({ identifier: phone, otp });
    expect(await desk.send({ identifier: `0${phone.slice(2)}`, otp })).toBe(first);
    expect(await desk.send({ identifier: phone, otp, channel: 'whatsapp' })).not.toBe(first);
  });

  it('sends the same code again after the window: the person asked for it', async () => {
    const code = { identifier: newPhone(), otp: newCode() };
    const first = await desk.send(code);
    await desk.when(first, 'delivered');
    await desk.age(first, 31);
    expect(await desk.send(code)).not.toBe(first);
  });

  it('accepts exactly five codes for a person within ten minutes, of fifty at once, and says when to come back', async () => {
    const identifier = newPhone();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => desk.post({ identifier, otp: newCode(), channel: 'sms' })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(refused).toHaveLength(45);
    for (const { body, headers } of refused) {
      expect(body).toEqual(refusal('rate_limited'));
      expect(Number(headers['retry-after'])).toBeGreaterThan(590);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(600);
    }
  });

  it('tells new people, known ones, repeats and keys apart, all at once', async () => {
    const known = Array.from({ length: 15 }, () => ({ identifier: newPhone(), otp: newCode() }));
    const before = await Promise.all(known.map((code) => desk.send(code)));
    const people = Array.from({ length: 15 }, () => ({ identifier: newPhone(), otp: newCode() }));
    const keyed = (code: object, place: number): Promise<{ body: unknown }> =>
      desk.post({ ...code, channel: 'sms' }, { 'idempotency-key': `crowd-${place}` });
    const [repeats, newer, strangers, again, withKeys] = await Promise.all([
      Promise.all(known.map((code) => desk.send(code))),
      Promise.all(known.map((code) => desk.send({ ...code, channel: 'whatsapp' }))),
      Promise.all(people.map((code) => desk.send(code))),
      Promise.all(people.map((code) => desk.send(code))),
      Promise.all(people.map(keyed)),
    ]);
    expect(repeats).toEqual(before);
    expect(again).toEqual(strangers);
    expect(withKeys.map(({ body }) => body)).toEqual(strangers.map((id) => ({ id, status: 'accepted' })));
    expect(new Set([...before, ...newer, ...strangers]).size).toBe(45);
    await Promise.all(newer.map((id) => desk.when(id, 'read')));
    await Promise.all(strangers.map((id) => desk.when(id, 'delivered')));
  });

  it('counts over all channels, per unit, and repeats and refusals not at all', async () => {
    const identifier = newPhone();
    const codes = Array.from({ length: 5 }, newCode);
    for (const [index, otp] of codes.entries())
      await desk.send({ identifier, otp, channel: index % 2 === 0 ? 'sms' : 'whatsapp' });
    const repeat = await desk.post({ identifier, otp: codes[4], channel: 'sms' });
    expect(repeat.status).toBe(200);
    expect((await desk.post({ identifier, otp: newCode(), channel: 'sms' })).status).toBe(429);
    await new OtpDesk(gateway, 'siminvest').send({ identifier });
    // Ten minutes later one more is free, and then the day is full.
    await desk.sql(
      `UPDATE otp_recipient SET accepted_at = ARRAY(SELECT a - interval '11 minutes' FROM unnest(accepted_at) a)`,
    );
    await desk.send({ identifier });
    const full = await desk.post({ identifier, otp: newCode(), channel: 'sms' });
    expect(full.status).toBe(429);
    expect(Number(full.headers['retry-after'])).toBeGreaterThan(80_000);
  });

  describe('with an Idempotency-Key', () => {
    it('answers the first time’s answer again, also long after the window', async () => {
      const code = { identifier: newPhone(), otp: newCode(), channel: 'sms' };
      const headers = { 'idempotency-key': 'key-1' };
      const first = await desk.post(code, headers);
      expect(first.headers['idempotency-hit']).toBeUndefined();
      await desk.when((first.body as { id: string }).id, 'delivered');
      await desk.age((first.body as { id: string }).id, 3_600);
      const second = await desk.post(code, headers);
      expect(second.body).toEqual(first.body);
      expect(second.headers['idempotency-hit']).toBe('true');
    });

    it('refuses the key for another request: 422', async () => {
      const headers = { 'idempotency-key': 'key-2' };
      expect((await desk.post({ ...good, identifier: newPhone() }, headers)).status).toBe(200);
      const other = await desk.post({ ...good, identifier: newPhone() }, headers);
      expect([other.status, other.body]).toEqual([422, refusal('idempotency_key_reused')]);
    });

    it('lets one of many different requests with the same key through, all at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          desk.post({ ...good, identifier: newPhone() }, { 'idempotency-key': 'key-3' }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([
        200,
        ...Array.from({ length: 19 }, () => 422),
      ]);
    });

    it('keeps two units’ keys apart, and refuses one that is too long', async () => {
      const headers = { 'idempotency-key': 'key-4' };
      const [own, other] = [
        await desk.post({ ...good, identifier: newPhone() }, headers),
        await new OtpDesk(gateway, 'siminvest').post({ ...good, identifier: newPhone() }, headers),
      ];
      expect([own.status, other.status]).toEqual([200, 200]);
      expect((await desk.post(good, { 'idempotency-key': 'x'.repeat(256) })).status).toBe(400);
    });

    it('does not remember a refused request', async () => {
      const headers = { 'idempotency-key': 'key-5' };
      expect((await desk.post({ ...good, channel: 'fax' }, headers)).status).toBe(422);
      const answer = await desk.post({ ...good, identifier: newPhone() }, headers);
      expect([answer.status, answer.headers['idempotency-hit']]).toEqual([200, undefined]);
    });
  });
});

describe('A unit that lacks a channel', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({
      environment: {
        BU_NANOVEST_SMTP_URL: '',
        BU_NANOVEST_OTP_EMAIL_FROM: '',
        OTP_LIMIT_PER_PREFIX_10_MINUTES: '3',
      },
    });
  });
  afterAll(() => gateway?.close());

  it('hears 422 for it, while another unit has it', async () => {
    const code = { identifier: 'jane@example.org', otp: '123456', channel: 'email' };
    const answer = await new OtpDesk(gateway).post(code);
    expect([answer.status, (answer.body as { error: string }).error]).toEqual([422, 'unsupported_channel']);
    expect((await new OtpDesk(gateway, 'siminvest').post(code)).status).toBe(200);
  });

  it('is protected against numbers in a row, when that limit is on', async () => {
    const desk = new OtpDesk(gateway);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        desk.post({
          identifier: `62899111122${String(index).padStart(2, '0')}`,
          otp: newCode(),
          channel: 'sms',
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(17);
  });
});

describe('A unit with an hourly quota', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({
      environment: { BU_NANOVEST_OTP_LIMIT_PER_HOUR: '3', BU_SIMINVEST_OTP_LIMIT_PER_HOUR: '4' },
    });
  });
  afterAll(() => gateway?.close());

  it('sends no more than so many messages an hour, to whomever, and somebody is told', async () => {
    const desk = new OtpDesk(gateway);
    const code = { identifier: newPhone(), otp: newCode(), channel: 'sms' };
    const first = await desk.post(code);
    for (const channel of ['whatsapp', 'sms']) await desk.send({ channel });
    const tooMany = await eventually(
      () => desk.post({ identifier: newPhone(), otp: newCode(), channel: 'sms' }),
      ({ status, headers }) => status === 429 && Number(headers['retry-after']) > 3_000,
    );
    expect([tooMany.status, (tooMany.body as { error: string }).error]).toEqual([429, 'rate_limited']);
    expect(Number(tooMany.headers['retry-after'])).toBeLessThanOrEqual(3_600);
    expect((await desk.post(code)).body).toEqual(first.body); // a repeat is no message
    await desk.send({ channel: 'email', identifier: 'jane@example.org' }); // nor does a mail cost one
    await new OtpDesk(gateway, 'siminvest').send({ channel: 'sms' });
    expect((await gateway.log()).filter((line) => line.includes('"alarm"'))).toEqual([
      expect.stringContaining('"otp_quota_reached"'),
    ]);
  });

  it('has neither repeats nor refusals counted, however fast they come', async () => {
    const desk = new OtpDesk(gateway, 'siminvest'); // one of its four was sent before
    const code = { identifier: newPhone(), otp: newCode(), channel: 'sms' };
    const key = { 'idempotency-key': 'fuse' };
    const answers = [
      await desk.post(code, key),
      await desk.post(code),
      await desk.post(code, key),
      await desk.post({ ...code, otp: newCode() }, key),
      await desk.post({ ...code, identifier: newPhone(), otp: newCode() }),
      await desk.post({ ...code, identifier: newPhone(), otp: newCode() }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 422, 200, 200]);
    expect((await desk.post({ ...code, identifier: newPhone(), otp: newCode() })).status).toBe(429);
  });
});
