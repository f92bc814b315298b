import { createHmac } from 'node:crypto';
import { labCredentials } from '../../lab';
import { statusWebhookBody } from '../../lab/whatsapp/status-webhook';
import { twilioSignature } from '../../lab/twilio/status-callback';
import { newCode, newPhone, OtpDesk } from '../support/otp-desk';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let desk: OtpDesk;

beforeAll(async () => {
  gateway = await startTestGateway();
  desk = new OtpDesk(gateway);
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.lab.whatsapp.receipts.usually([]);
  gateway.lab.twilio.receipts.usually([]);
});

/** A WhatsApp message that was taken and of which nothing is reported by itself. */
async function sentByWhatsapp(identifier = newPhone()): Promise<{ id: string; wamid: string; otp: string }> {
  const otp = newCode();
  const id = await desk.send({ channel: 'whatsapp', otp, identifier });
  await desk.when(id, 'accepted');
  const { id: wamid } = await gateway.lab.whatsapp.waitForMessage(({ code }) => code === otp);
  return { id, wamid, otp };
}

async function sentBySms(): Promise<{ id: string; sid: string }> {
  const id = await desk.send({ channel: 'sms' });
  const { attempts } = await desk.when(id, 'accepted');
  return { id, sid: String(attempts[0]?.providerMessageId) };
}

describe('Receipts of WhatsApp', () => {
  it.each([
    [['sent', 'delivered', 'read'], 'read'],
    [['read', 'delivered', 'sent'], 'read'],
    [['delivered', 'sent', 'delivered', 'sent'], 'delivered'],
    [['delivered', 'failed'], 'delivered'],
    [['read', 'failed', 'delivered'], 'read'],
    [['sent', 'sent'], 'accepted'],
  ])('%j end as "%s"', async (words, status) => {
    const { id, wamid } = await sentByWhatsapp();
    for (const word of words) {
      const step = word === 'failed' ? { status: word, errorCode: 131_000 } : { status: word };
      expect((await gateway.lab.whatsapp.pushStatus('nanovest', wamid, step)).status).toBe(200);
    }
    expect(await desk.see(id)).toMatchObject({ status });
  });

  it('end the same in every order, repeated or not', async () => {
    const words = ['sent', 'delivered', 'read'];
    const orders = words.flatMap((first) =>
      words.filter((word) => word !== first).map((second) => [first, second, first, ...words]),
    );
    const ends = await Promise.all(
      orders.map(async (order) => {
        const { id, wamid } = await sentByWhatsapp();
        await Promise.all(
          order.map((status) => gateway.lab.whatsapp.pushStatus('nanovest', wamid, { status })),
        );
        return (await desk.see(id)).status;
      }),
    );
    expect(new Set(ends)).toEqual(new Set(['read']));
  });

  it('erase the code once the person has it', async () => {
    const { id, wamid } = await sentByWhatsapp();
    const sealed = (): Promise<object[]> =>
      desk.sql('SELECT sealed IS NULL AS erased FROM otp_delivery WHERE id = $1', [id]);
    expect(await sealed()).toEqual([{ erased: false }]);
    await gateway.lab.whatsapp.pushStatus('nanovest', wamid, { status: 'delivered' });
    expect(await sealed()).toEqual([{ erased: true }]);
  });

  it('of messages we do not know, and words we do not know, are taken and change nothing', async () => {
    const { id, wamid } = await sentByWhatsapp();
    for (const [message, status] of [
      ['wamid.of-somebody-else', 'failed'],
      [wamid, 'teleported'],
      [wamid, 'DELIVERED'],
    ] as const)
      expect((await gateway.lab.whatsapp.pushStatus('nanovest', message, { status })).status).toBe(200);
    expect(await desk.see(id)).toMatchObject({ status: 'accepted', attempts: [{ receipt: null }] });
  });

  it('of another unit change nothing', async () => {
    const { id, wamid } = await sentByWhatsapp();
    const { status } = await gateway.lab.whatsapp.pushStatus('siminvest', wamid, { status: 'read' });
    expect(status).toBe(200);
    expect(await desk.see(id)).toMatchObject({ status: 'accepted' });
  });

  it('that are forged, signed for other bytes or by another unit, or not signed are 401', async () => {
    const { id, wamid, otp } = await sentByWhatsapp();
    const own = labCredentials('nanovest').whatsapp;
    const body = statusWebhookBody({ id: wamid, to: otp }, { status: 'read' }, own.phoneNumberId, new Date());
    const sign = (secret: string, bytes = body): string =>
      `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`;
    const signatures = [
      sign('wrong'),
      sign(labCredentials('siminvest').whatsapp.appSecret),
      sign(own.appSecret, `${body} `),
      sign(own.appSecret).replace('sha256=', 'sha1='),
      '',
      undefined,
    ];
    for (const signature of signatures) {
      const request = gateway.http
        .post('/v1/webhooks/whatsapp/nanovest')
        .set('content-type', 'application/json');
      if (signature !== undefined) void request.set('x-hub-signature-256', signature);
      const answer = await request.send(body);
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized']);
    }
    const unknownUnit = await gateway.http
      .post('/v1/webhooks/whatsapp/nobody')
      .set('x-hub-signature-256', sign(''))
      .send(body);
    expect(unknownUnit.status).toBe(401);
    expect(await desk.see(id)).toMatchObject({ status: 'accepted' });
  });

  it('that are signed but no JSON are 400, and other notifications are taken', async () => {
    const own = labCredentials('nanovest').whatsapp;
    const post = async (body: string): Promise<number> => {
      const signature = `sha256=${createHmac('sha256', own.appSecret).update(body).digest('hex')}`;
      const request = gateway.http
        .post('/v1/webhooks/whatsapp/nanovest')
        .set('content-type', 'application/json');
      return (await request.set('x-hub-signature-256', signature).send(body)).status;
    };
    expect(await post('{')).toBe(400);
    for (const body of ['{}', '[]', 'null', '{"entry":[{"changes":[{"value":{"messages":[]}}]}]}'])
      expect(await post(body)).toBe(200);
  });

  it('are subscribed to with the verify token alone', async () => {
    const right = await gateway.lab.whatsapp.verifySubscription('nanovest');
    expect([right.status, String(right.body)]).toEqual([200, right.challenge]);
    expect(right.headers['content-type']).toContain('text/plain');
    expect((await gateway.lab.whatsapp.verifySubscription('nanovest', 'wrong')).status).toBe(403);
    const other = labCredentials('siminvest').whatsapp.verifyToken;
    expect((await gateway.lab.whatsapp.verifySubscription('nanovest', other)).status).toBe(403);
    expect((await gateway.http.get('/v1/webhooks/whatsapp/nanovest')).status).toBe(403);
    // As with a wrong token: strangers learn no unit's name.
    expect((await gateway.http.get('/v1/webhooks/whatsapp/nobody')).status).toBe(403);
  });
});

describe('Receipts of SMS', () => {
  it('move the delivery forward only', async () => {
    const { id, sid } = await sentBySms();
    for (const status of ['queued', 'sent', 'delivered', 'sent', 'undelivered', 'something'])
      expect((await gateway.lab.twilio.pushStatus(sid, { status })).status).toBe(200);
    expect(await desk.see(id)).toMatchObject({ status: 'delivered', attempts: [{ receipt: 'delivered' }] });
  });

  it.each([30_003, 30_004, 30_005, 30_006])('say why an SMS did not arrive: %d', async (errorCode) => {
    const { id, sid } = await sentBySms();
    await gateway.lab.twilio.pushStatus(sid, { status: 'undelivered', errorCode });
    expect(await desk.see(id)).toMatchObject({
      status: 'failed',
      reason: 'recipient',
      attempts: [{ outcome: 'recipient', errorCode: String(errorCode), receipt: 'failed' }],
    });
  });

  it('that something at the carrier went wrong let it be tried once more', async () => {
    const { id, sid } = await sentBySms();
    await gateway.lab.twilio.pushStatus(sid, { status: 'undelivered', errorCode: 30_008 });
    expect(await desk.tried(id, 2)).toMatchObject({
      attempts: [{ outcome: 'transient', errorCode: '30008' }, { outcome: 'accepted' }],
    });
  });

  it('that it became too old on its way end it expired: it is not sent again', async () => {
    const { id, sid } = await sentBySms();
    const before = gateway.lab.twilio.messages().length;
    await desk.age(id, 178);
    await gateway.lab.twilio.pushStatus(sid, { status: 'undelivered', errorCode: 30_036 });
    expect(await desk.when(id, 'expired')).toMatchObject({ attempts: [{ errorCode: '30036' }] });
    expect(gateway.lab.twilio.messages()).toHaveLength(before);
  });

  it('that are forged are 401 and change nothing', async () => {
    const { id, sid } = await sentBySms();
    const { authToken, accountSid } = labCredentials('nanovest').twilio;
    const form = { MessageSid: sid, MessageStatus: 'delivered', AccountSid: accountSid };
    const manyFields = {
      ...form,
      ...Object.fromEntries(Array.from({ length: 100 }, (_, number) => [`Field${number}`, '1'])),
    };
    const path = '/v1/webhooks/sms/nanovest';
    const attempts: [string, string, object][] = [
      [path, twilioSignature('wrong', gateway.url + path, form), form],
      [path, twilioSignature(labCredentials('siminvest').twilio.authToken, gateway.url + path, form), form],
      [path, twilioSignature(authToken, `https://elsewhere.example${path}`, form), form],
      [path, twilioSignature(authToken, gateway.url + path, form), { ...form, MessageStatus: 'read' }],
      [`${path}?delivery=${id}`, twilioSignature(authToken, gateway.url + path, form), form],
      // More fields than Twilio sends, though it be Twilio.
      [path, twilioSignature(authToken, gateway.url + path, manyFields), manyFields],
    ];
    for (const [address, signature, body] of attempts) {
      const answer = await gateway.http
        .post(address)
        .type('form')
        .set('x-twilio-signature', signature)
        .send(body);
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized']);
    }
    expect((await gateway.http.post(path).type('form').send(form)).status).toBe(401);
    expect(await desk.see(id)).toMatchObject({ status: 'accepted' });
  });

  it('are taken without the delivery’s id too, and for unknown messages', async () => {
    const { id, sid } = await sentBySms();
    const { authToken } = labCredentials('nanovest').twilio;
    const path = '/v1/webhooks/sms/nanovest';
    for (const form of [
      { MessageSid: sid, MessageStatus: 'delivered' },
      { MessageSid: 'SM0', MessageStatus: 'delivered' },
    ]) {
      const signature = twilioSignature(authToken, gateway.url + path, form);
      const answer = await gateway.http
        .post(path)
        .type('form')
        .set('x-twilio-signature', signature)
        .send(form);
      expect(answer.status).toBe(200);
    }
    expect(await desk.see(id)).toMatchObject({ status: 'delivered' });
  });
});

describe('A person who is not on WhatsApp', () => {
  it('gets the code by SMS, when Meta says so at once', async () => {
    const otp = newCode();
    gateway.lab.whatsapp.faults.next({ status: 400, body: { error: { code: 131_026 } } });
    const id = await desk.send({ channel: 'whatsapp', otp });
    await gateway.lab.twilio.waitForMessage(({ text }) => text.includes(otp));
    expect(await desk.tried(id, 2)).toMatchObject({
      channel: 'whatsapp',
      status: 'accepted',
      attempts: [
        { channel: 'whatsapp', provider: 'whatsapp', outcome: 'recipient', errorCode: '131026' },
        { channel: 'sms', provider: 'twilio', outcome: 'accepted' },
      ],
    });
  });

  it('gets the code by SMS, when Meta says so later', async () => {
    const { id, wamid, otp } = await sentByWhatsapp();
    await gateway.lab.whatsapp.pushStatus('nanovest', wamid, { status: 'failed', errorCode: 131_026 });
    const sms = await gateway.lab.twilio.waitForMessage(({ text }) => text.includes(otp));
    await desk.tried(id, 2);
    await gateway.lab.twilio.pushStatus(sms.id, { status: 'delivered' });
    expect(await desk.see(id)).toMatchObject({
      status: 'delivered',
      attempts: [
        { channel: 'whatsapp', outcome: 'recipient', receipt: 'failed' },
        { channel: 'sms', outcome: 'accepted', receipt: 'delivered' },
      ],
    });
  });

  it('gets one SMS however often Meta says so', async () => {
    const { id, wamid, otp } = await sentByWhatsapp();
    const step = { status: 'failed', errorCode: 131_026 };
    await Promise.all(
      Array.from({ length: 10 }, () => gateway.lab.whatsapp.pushStatus('nanovest', wamid, step)),
    );
    await desk.tried(id, 2);
    await gateway.lab.whatsapp.pushStatus('nanovest', wamid, step);
    expect(await desk.see(id)).toMatchObject({ attempts: [{}, {}] });
    expect(gateway.lab.twilio.messages().filter(({ text }) => text.includes(otp))).toHaveLength(1);
  });

  it('gets nothing when Meta says so after the deadline', async () => {
    const { id, wamid } = await sentByWhatsapp();
    await desk.age(id, 200);
    await gateway.lab.whatsapp.pushStatus('nanovest', wamid, { status: 'failed', errorCode: 131_026 });
    expect(await desk.when(id, 'failed')).toMatchObject({ reason: 'recipient', attempts: [{}] });
  });

  it('gets nothing of an old code when a newer one was asked for', async () => {
    const identifier = newPhone();
    const { id: old, wamid } = await sentByWhatsapp(identifier);
    await desk.send({ channel: 'whatsapp', identifier });
    await gateway.lab.whatsapp.pushStatus('nanovest', wamid, { status: 'failed', errorCode: 131_026 });
    expect(await desk.when(old, 'superseded')).toMatchObject({ attempts: [{ outcome: 'recipient' }] });
  });
});

describe('What only receipts tell of a set-up', () => {
  it.each([
    ['whatsapp', 131_042, 'setup'],
    ['whatsapp', 131_048, 'spam'],
    ['sms', 30_007, 'spam'],
  ])('raises one alarm for all the codes it stops: %s %d', async (channel, errorCode, outcome) => {
    const alarms = async (): Promise<string[]> =>
      (await gateway.log()).filter(
        (line) => line.includes('"otp_channel_refused"') && line.includes(`"errorCode":"${errorCode}"`),
      );
    const counted = async (): Promise<number> => {
      const { text } = await gateway.http.get('/metrics');
      const line = new RegExp(
        `^otp_failure_receipts_total\\{channel="${channel}",.*outcome="${outcome}"\\} (\\d+)$`,
        'm',
      );
      return Number(line.exec(text)?.[1] ?? 0);
    };
    const before = await counted();
    for (let round = 0; round < 2; round += 1) {
      if (channel === 'whatsapp') {
        const { wamid } = await sentByWhatsapp();
        await gateway.lab.whatsapp.pushStatus('nanovest', wamid, { status: 'failed', errorCode });
      } else {
        const { sid } = await sentBySms();
        for (let repeat = 0; repeat < 2; repeat += 1)
          await gateway.lab.twilio.pushStatus(sid, { status: 'undelivered', errorCode });
      }
    }
    expect(await alarms()).toEqual([expect.stringContaining(`"outcome":"${outcome}"`)]);
    expect((await counted()) - before).toBe(2);
  });
});

describe('While WhatsApp is set up wrongly', () => {
  it('everybody gets codes by SMS, without another try that cannot work', async () => {
    gateway.lab.whatsapp.faults.next({ status: 401, body: { error: { code: 190 } } });
    const first = await desk.send({ channel: 'whatsapp' });
    await desk.tried(first, 2);
    const second = await desk.send({ channel: 'whatsapp' });
    expect(await desk.tried(second, 1)).toMatchObject({
      channel: 'whatsapp',
      status: 'accepted',
      attempts: [{ channel: 'sms', outcome: 'accepted' }],
    });
  });
});
