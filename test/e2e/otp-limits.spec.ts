import { newCode, newPhone, OtpDesk } from '../support/otp-desk';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let desk: OtpDesk;

beforeAll(async () => {
  gateway = await startTestGateway({
    environment: {
      OTP_LIMIT_PER_10_MINUTES: '3',
      OTP_LIMIT_PER_DAY: '3',
      BU_NANOVEST_SMS_SUFFIX: '@nanovest.example #{{code}}',
    },
  });
  desk = new OtpDesk(gateway);
});
afterAll(() => gateway.close());

async function ask(identifier: string, unit = 'nanovest'): Promise<number> {
  const channel = identifier.includes('@') ? 'email' : 'sms';
  return (await new OtpDesk(gateway, unit).post({ identifier, otp: newCode(), channel })).status;
}

/** Asks for codes until the limits say no. */
async function lockOut(identifier: string, unit = 'nanovest'): Promise<void> {
  for (let code = 0; code < 3; code += 1) expect(await ask(identifier, unit)).toBe(200);
  expect(await ask(identifier, unit)).toBe(429);
}

async function reset(
  body: object,
  authorization = backOffice('nanovest'),
): Promise<{ status: number; text: string }> {
  return gateway.http.post('/v1/otp-limits/reset').set('authorization', authorization).send(body);
}

describe('A person whom the limits have locked out', () => {
  it('is sent codes again once their unit’s back office has said so, as many as before', async () => {
    const phone = newPhone();
    await lockOut(phone);
    const answer = await reset({ identifier: `0${phone.slice(2)}` });
    expect([answer.status, answer.text]).toEqual([204, '']);
    await lockOut(phone);
  });

  it('is the same one under every tag of their address', async () => {
    await lockOut('dewi@example.org');
    expect((await reset({ identifier: 'Dewi+other@example.org' })).status).toBe(204);
    expect(await ask('dewi+third@example.org')).toBe(200);
  });

  it('is not let in by another unit’s back office, nor by the sender of codes', async () => {
    const phone = newPhone();
    await lockOut(phone);
    expect((await reset({ identifier: phone }, backOffice('siminvest'))).status).toBe(204);
    expect((await reset({ identifier: phone }, otpSender('nanovest'))).status).toBe(401);
    expect(await ask(phone)).toBe(429);
  });

  it('is in the log, masked, so that somebody can see what happened', async () => {
    const phone = '6281255511987';
    await lockOut(phone);
    const lines = (await gateway.log()).filter((line) => line.includes('otp refused by a limit'));
    const line = JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;
    expect(line).toMatchObject({
      level: 'warn',
      businessUnit: 'nanovest',
      channel: 'sms',
      identifier: '+6281***987',
    });
    expect(line['retryAfterSeconds']).toBeGreaterThan(86_000);
    expect(lines.join('')).not.toContain(phone.slice(2));
  });
});

describe('A reset of limits', () => {
  it('is recorded with who asked for it, and forgotten with the person', async () => {
    const phone = newPhone();
    const recorded = (): Promise<object[]> =>
      desk.sql('SELECT business_unit, credential FROM otp_limit_reset WHERE masked_identifier = $1', [
        `+${phone.slice(0, 4)}***${phone.slice(-3)}`,
      ]);
    await desk.sql('TRUNCATE otp_limit_reset');
    await reset({ identifier: phone });
    expect(await recorded()).toEqual([{ business_unit: 'nanovest', credential: 'nanovest-office' }]);
    const said = (await gateway.log()).filter((line) => line.includes('otp limits reset')).at(-1);
    expect(said).toContain('"credential":"nanovest-office"');
    expect(said).not.toContain(phone.slice(2));
    const data = { phoneNumber: phone, fullName: 'DEWI LESTARI', nik: '3171014501900001' };
    await gateway.http
      .post('/v1/common-kyc')
      .set('authorization', backOffice('nanovest'))
      .send({ ...data, dateOfBirth: '1990-01-05', email: '' })
      .expect(202);
    await desk.sql('UPDATE person SET retained_from = NULL'); // as if the retention period were over
    await gateway.http.delete(`/v1/people/${phone}`).set('authorization', backOffice('nanovest')).expect(200);
    expect(await recorded()).toEqual([]);
  });

  it.each([
    {},
    { identifier: 'jane' },
    { identifier: 7 },
    { identifier: '\ud800@x.id' },
    { identifier: 'a\0@x.id' },
  ])('for %j is 400 and names the field', async (body) => {
    const answer = await gateway.http
      .post('/v1/otp-limits/reset')
      .set('authorization', backOffice('nanovest'))
      .send(body);
    expect(answer.status).toBe(400);
    expect((answer.body as { errors: { field: string }[] }).errors.map(({ field }) => field)).toEqual([
      'identifier',
    ]);
  });
});

describe('A unit with a last line for its SMS', () => {
  it('has it below each of them, with the code in it', async () => {
    const otp = newCode();
    await desk.send({ otp });
    const { text } = await gateway.lab.twilio.waitForMessage(({ text: sent }) => sent.includes(otp));
    expect(text.split('\n').slice(1)).toEqual([`@nanovest.example #${otp}`]);
    const other = newCode();
    await new OtpDesk(gateway, 'siminvest').send({ otp: other });
    const plain = await gateway.lab.twilio.waitForMessage(({ text: sent }) => sent.includes(other));
    expect(plain.text).not.toContain('\n');
  });
});
