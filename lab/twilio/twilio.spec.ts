import { labCredentials } from '../credentials';
import { FakeGateway } from '../fake-gateway.fixture';
import { startTwilioLab, type TwilioLab } from './index';
import { twilioSignature } from './status-callback';

const NANOVEST = labCredentials('nanovest').twilio;

const form = (change: Record<string, string | undefined> = {}): Record<string, string> => {
  const all = {
    To: '+6281234567890',
    From: NANOVEST.from,
    Body: '123456 is your code',
    ValidityPeriod: '120',
    ...change,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
};

describe('Twilio in the lab', () => {
  let lab: TwilioLab;
  let gateway: FakeGateway;

  beforeEach(async () => {
    gateway = await FakeGateway.start();
    lab = await startTwilioLab({
      host: '127.0.0.1',
      port: 0,
      units: ['nanovest', 'siminvest'],
      now: () => new Date('2026-11-22T08:00:00Z'),
    });
    lab.receipts.delayMs = 1;
  });
  afterEach(async () => {
    await lab.close();
    await gateway.close();
  });

  const send = (
    fields: Record<string, string>,
    account = NANOVEST.accountSid,
    password = NANOVEST.authToken,
  ): Promise<Response> =>
    fetch(`${lab.url}/2010-04-01/Accounts/${account}/Messages.json`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${NANOVEST.accountSid}:${password}`)}` },
      body: new URLSearchParams(fields),
    });

  it('queues an SMS of a business unit', async () => {
    const answer = await send(form());
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({
      sid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      status: 'queued',
      account_sid: NANOVEST.accountSid,
      to: '+6281234567890',
      date_created: 'Sun, 22 Nov 2026 08:00:00 +0000',
      error_code: null,
    });
    expect(await lab.waitForMessage(({ to }) => to === '+6281234567890')).toMatchObject({
      unit: 'nanovest',
      text: '123456 is your code',
      validitySeconds: 120,
    });
  });

  it('lets a messaging service choose the sender', async () => {
    const answer = await send(form({ From: undefined, MessagingServiceSid: NANOVEST.messagingServiceSid }));
    expect(await answer.json()).toMatchObject({ status: 'accepted', from: null });
  });

  it('tells the callback address sent and delivered, each signed over address and parameters', async () => {
    const address = `${gateway.url}/v1/webhooks/sms/nanovest`;
    await send(form({ StatusCallback: address }));
    await gateway.waitForRequests(2);
    const pushed = gateway.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    expect(pushed.map(({ MessageStatus }) => MessageStatus)).toEqual(['sent', 'delivered']);
    expect(pushed[0]).toMatchObject({ MessageSid: lab.messages()[0]?.id, To: '+6281234567890' });
    gateway.requests.forEach(({ path, headers }, index) => {
      expect(path).toBe('/v1/webhooks/sms/nanovest');
      expect(headers['x-twilio-signature']).toBe(
        twilioSignature(NANOVEST.authToken, address, pushed[index] ?? {}),
      );
    });
  });

  it('signs as the example of Twilio’s documentation does', () => {
    const parameters = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    };
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    expect(twilioSignature('12345', url, parameters)).toBe('RSOYDt4T1cUTdK1PDd93/VVr8B8=');
  });

  it('says that a carrier did not deliver when that was planned', async () => {
    lab.receipts.next([{ status: 'undelivered', errorCode: 30005 }]);
    await send(form({ StatusCallback: `${gateway.url}/receipts` }));
    await gateway.waitForRequests(1);
    expect(gateway.requests[0]?.body).toContain('ErrorCode=30005');
  });

  it.each([
    ['no recipient', form({ To: undefined }), 21604],
    ['a recipient without plus', form({ To: '6281234567890' }), 21211],
    ['a recipient abroad', form({ To: '+14158675309' }), 21408],
    ['a landline', form({ To: '+62215551234' }), 21614],
    ['no sender', form({ From: undefined }), 21603],
    ['a sender of somebody else', form({ From: '+15005550006' }), 21606],
    ['a messaging service of somebody else', form({ MessagingServiceSid: 'MG0' }), 21705],
    ['an empty text', form({ Body: '' }), 21602],
    ['a text that is too long', form({ Body: 'x'.repeat(1601) }), 21617],
    ['a validity of nothing', form({ ValidityPeriod: '0' }), 21624],
    ['a validity of a day', form({ ValidityPeriod: '86400' }), 21624],
    ['a callback that is no URL', form({ StatusCallback: 'gateway' }), 21609],
  ])('refuses %s in Twilio’s words', async (_what, fields, code) => {
    const answer = await send(fields);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      code,
      message: expect.any(String),
      more_info: `https://www.twilio.com/docs/errors/${code}`,
      status: 400,
    });
    expect(lab.messages()).toEqual([]);
  });

  it('refuses a wrong token and another account', async () => {
    expect(await (await send(form(), NANOVEST.accountSid, 'wrong')).json()).toMatchObject({ code: 20003 });
    expect((await send(form(), labCredentials('siminvest').twilio.accountSid)).status).toBe(404);
  });
});
