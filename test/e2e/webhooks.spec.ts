import { createHmac } from 'node:crypto';
import { labCredentials } from '../../lab';
import { twilioSignature } from '../../lab/twilio/status-callback';
import { ApiDocument } from '../support/api-document';
import { type OneAnswer, oneRequest } from '../support/one-request';
import { newCode, newPhone, OtpDesk } from '../support/otp-desk';
import { otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

const WHATSAPP = '/v1/webhooks/whatsapp/nanovest';
const SMS = '/v1/webhooks/sms/nanovest';
const GTF = '/coe/submissions-callback';
const OTP = '/v1/webhooks/otp';

let gateway: TestGateway;
let desk: OtpDesk;

beforeAll(async () => {
  gateway = await startTestGateway();
  desk = new OtpDesk(gateway);
  gateway.lab.whatsapp.receipts.usually([]);
  gateway.lab.twilio.receipts.usually([]);
});
afterAll(() => gateway.close());

function post(address: string, headers: Record<string, string>, body: string): Promise<OneAnswer> {
  return oneRequest('POST', address, headers, body);
}

/** A notification as Meta signs it. */
function notify(notification: object, path = WHATSAPP): Promise<OneAnswer> {
  const body = JSON.stringify(notification);
  const digest = createHmac('sha256', labCredentials('nanovest').whatsapp.appSecret)
    .update(body)
    .digest('hex');
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${digest}` };
  return post(gateway.url + path, headers, body);
}

/** A receipt as Twilio signs it; `signed`: the address it believes to call. */
function report(sid: string, signed: string, address = gateway.url + SMS): Promise<OneAnswer> {
  const form = { MessageSid: sid, MessageStatus: 'delivered' };
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': twilioSignature(labCredentials('nanovest').twilio.authToken, signed, form),
  };
  return post(address, headers, new URLSearchParams(form).toString());
}

/** Messages that a provider has taken; the deliveries and the provider's ids. */
function taken(channel: 'whatsapp' | 'sms', count: number): Promise<{ id: string; message: string }[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const otp = newCode();
      const id = await desk.send({ channel, otp });
      await desk.when(id, 'accepted');
      const { whatsapp, twilio } = gateway.lab;
      const message =
        channel === 'whatsapp'
          ? await whatsapp.waitForMessage(({ code }) => code === otp)
          : await twilio.waitForMessage(({ text }) => text.includes(otp));
      return { id, message: message.id };
    }),
  );
}

const change = (...statuses: unknown[]): object => ({ field: 'messages', value: { statuses } });

describe('A notification of WhatsApp', () => {
  it('is read entry by entry: what is unreadable costs no other receipt', async () => {
    const [one, two, three, four, five] = await taken('whatsapp', 5);
    const read = (of: { message: string } | undefined): object => ({ id: of?.message, status: 'read' });
    const answer = await notify({
      object: 'whatsapp_business_account',
      entry: [
        { id: 'without changes' },
        null,
        7,
        { changes: 'none' },
        { changes: [null, { value: null }, { value: { statuses: 'x' } }, change(read(one))] },
        { changes: [change({ id: 'wamid.\0', status: 'read' }, { id: 7 }, null, read(two))] },
        { changes: [change({ id: '\ud800', status: 'read' }, read(three))] },
        {
          changes: [
            change({ id: four?.message, status: 'constructor' }, { id: four?.message, status: '__proto__' }),
          ],
        },
        { changes: [change({ ...read(four), errors: 'none', biz_opaque_callback_data: 7 })] },
        {
          changes: [
            change({ id: five?.message, status: 'failed', errors: [null, { code: 'x' }, { code: 131_026 }] }),
          ],
        },
      ],
    });
    expect([answer.status, answer.text]).toEqual([200, '']);
    for (const delivery of [one, two, three, four]) await desk.when(delivery?.id ?? '', 'read');
    expect(await desk.see(five?.id ?? '')).toMatchObject({
      attempts: expect.arrayContaining([
        expect.objectContaining({ outcome: 'recipient', errorCode: '131026' }),
      ]) as unknown,
    });
  });

  it('of which one receipt cannot be stored brings the others, and is sent again', async () => {
    const [bad, good] = await taken('whatsapp', 2);
    await desk.sql(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`,
    );
    await desk.sql(
      `CREATE TRIGGER refuse BEFORE UPDATE ON otp_attempt FOR EACH ROW WHEN (OLD.delivery_id = '${bad?.id ?? ''}') EXECUTE FUNCTION refuse()`,
    );
    const both = {
      entry: [bad, good].map((delivery) => ({
        changes: [change({ id: delivery?.message, status: 'delivered' })],
      })),
    };
    expect((await notify(both)).status).toBe(500);
    await desk.when(good?.id ?? '', 'delivered');
    await desk.sql('DROP TRIGGER refuse ON otp_attempt');
    expect((await notify(both)).status).toBe(200);
    await desk.when(bad?.id ?? '', 'delivered');
  });
});

describe('A receipt of Twilio', () => {
  it('is signed over the public address with its port or without it, and both are valid', async () => {
    const { hostname } = new URL(gateway.url);
    const [one, two, three] = await taken('sms', 3);
    expect((await report(one?.message ?? '', gateway.url + SMS)).status).toBe(200);
    expect((await report(two?.message ?? '', `http://${hostname}${SMS}`)).status).toBe(200);
    for (const foreign of [
      `https://${hostname}${SMS}`,
      `http://${hostname}:1${SMS}`,
      `http://evil.example${SMS}`,
    ])
      expect((await report(three?.message ?? '', foreign)).status).toBe(401);
    await desk.when(one?.id ?? '', 'delivered');
    await desk.when(two?.id ?? '', 'delivered');
    expect(await desk.see(three?.id ?? '')).toMatchObject({ status: 'accepted' });
  });

  it('is valid with the scheme’s own port too, where the public address names none', async () => {
    const behindProxy = await startTestGateway({
      lab: gateway.lab,
      environment: { PUBLIC_URL: 'https://kyc.example/gateway' },
    });
    for (const signed of ['https://kyc.example/gateway', 'https://kyc.example:443/gateway'])
      expect((await report('SM1', signed + SMS, behindProxy.url + SMS)).status).toBe(200);
    for (const signed of [
      'https://kyc.example',
      'https://kyc.example:80/gateway',
      'http://kyc.example/gateway',
    ])
      expect((await report('SM1', signed + SMS, behindProxy.url + SMS)).status).toBe(401);
    await behindProxy.close();
  });
});

describe('A webhook', () => {
  it('takes a trailing slash, and answers there as it does without', async () => {
    const code = JSON.stringify({ identifier: newPhone(), otp: newCode(), channel: 'sms' });
    const json = { 'content-type': 'application/json' };
    const asSimasId = { ...json, authorization: otpSender('nanovest') };
    const asGtf = { ...json, authorization: labCredentials('nanovest').gtfCallback.value };
    const calls: (readonly [path: string, headers: Record<string, string>, body: string, status: number])[] =
      [
        [OTP, asSimasId, code, 200],
        [OTP, asSimasId, '{}', 400],
        [OTP, json, code, 401],
        [GTF, asGtf, '{}', 200],
        [GTF, asGtf, 'x', 400],
        [GTF, json, '{}', 401],
        [WHATSAPP, json, '{}', 401],
        [SMS, {}, 'a=b', 401],
      ];
    for (const [path, headers, body, status] of calls) {
      const [without, withSlash] = [
        await post(gateway.url + path, headers, body),
        await post(`${gateway.url}${path}/`, headers, body),
      ];
      expect([path, withSlash.status, shapeOf(withSlash)]).toEqual([path, status, shapeOf(without)]);
    }
    const other = await oneRequest('GET', `${gateway.url}${OTP}/`);
    expect([other.status, Object.keys(JSON.parse(other.text) as object)]).toEqual([
      405,
      ['error', 'error_description'],
    ]);
    const challenge = await oneRequest(
      'GET',
      `${gateway.url}${WHATSAPP}/?hub.mode=subscribe&hub.challenge=77&hub.verify_token=` +
        labCredentials('nanovest').whatsapp.verifyToken,
    );
    expect([challenge.status, challenge.text]).toEqual([200, '77']);
  });

  it('with a trailing slash takes receipts that are signed for either spelling', async () => {
    const [one, two, three] = await taken('sms', 3);
    const [plain, slash] = [gateway.url + SMS, `${gateway.url}${SMS}/`];
    expect((await report(one?.message ?? '', slash, slash)).status).toBe(200);
    expect((await report(two?.message ?? '', plain, slash)).status).toBe(200);
    const query = `?delivery=${three?.id ?? ''}`;
    expect((await report(three?.message ?? '', plain + query, slash + query)).status).toBe(200);
    for (const delivery of [one, two, three]) await desk.when(delivery?.id ?? '', 'delivered');
    const [chat] = await taken('whatsapp', 1);
    const body = { entry: [{ changes: [change({ id: chat?.message, status: 'read' })] }] };
    expect((await notify(body, `${WHATSAPP}/`)).status).toBe(200);
    await desk.when(chat?.id ?? '', 'read');
  });

  it('shows a body in the document for each of its methods', async () => {
    const { operations } = await ApiDocument.of(gateway);
    const webhooks = operations.filter(
      ({ path, method }) => (path.includes('/webhooks/') || path === GTF) && method !== 'GET',
    );
    expect(webhooks.length).toBeGreaterThan(4);
    for (const { method, path, requestBody } of webhooks)
      for (const { schema } of Object.values(requestBody?.content ?? {}))
        expect([method, path, schema.example ?? schema.$ref]).not.toEqual([method, path, undefined]);
  });
});

describe('A caller who cannot sign', () => {
  const FORM = 'a&'.repeat(131_000);
  const forged = [
    [SMS, 'x-twilio-signature', 401, 'x'],
    [SMS, 'x-twilio-signature', 413, `${'A'.repeat(27)}=`],
    ['/v1/webhooks/sms/nobody', 'x-twilio-signature', 401, 'x'],
    ['/v1/webhooks/sms/nobody', 'x-twilio-signature', 413, `${'A'.repeat(27)}=`],
    [WHATSAPP, 'x-hub-signature-256', 401, 'x'],
    [WHATSAPP, 'x-hub-signature-256', 401, `sha256=${'0'.repeat(64)}`],
    ['/v1/webhooks/whatsapp/nobody', 'x-hub-signature-256', 401, `sha256=${'0'.repeat(64)}`],
    [GTF, 'authorization', 401, 'Bearer x'],
    [OTP, 'authorization', 401, 'Basic eDp5'],
    [OTP, 'authorization', 401, `Basic ${'a'.repeat(8_000)}`],
  ] as const;

  it.each(forged)('is refused at %s with a bad %s, as %d', async (path, header, status, value) => {
    const answer = await post(gateway.url + path, { [header]: value }, FORM);
    expect([answer.status, answer.text.includes(FORM.slice(0, 10))]).toEqual([status, false]);
  });

  it('is in the log with the reason', async () => {
    const before = (await gateway.log()).length;
    await post(gateway.url + SMS, { 'x-twilio-signature': 'x' }, 'a=b');
    await post(
      `${gateway.url}/v1/webhooks/sms/nobody`,
      { 'x-twilio-signature': `${'A'.repeat(27)}=` },
      'a=b',
    );
    await post(gateway.url + WHATSAPP, { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }, '{}');
    const refusals = async (): Promise<Record<string, unknown>[]> =>
      (await gateway.log())
        .slice(before)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ status }) => status === 401);
    expect(await refusals()).toEqual(
      ['signature_malformed', 'unit_without_provider', 'signature_wrong'].map(
        (reason) => expect.objectContaining({ reason, requestId: expect.any(String) as string }) as object,
      ),
    );
  });
});

/** What two answers to equal requests have in common. */
function shapeOf({ headers, text }: OneAnswer): object {
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
  const { requestId: _, ...rest } = body;
  return { type: headers['content-type'], challenge: headers['www-authenticate'], ...rest };
}
