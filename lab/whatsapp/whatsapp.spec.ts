import { createHmac } from 'node:crypto';
import { labCredentials } from '../credentials';
import { FakeGateway } from '../fake-gateway.fixture';
import { startWhatsappLab, type WhatsappLab } from './index';

const NANOVEST = labCredentials('nanovest').whatsapp;

const message = (code = '123456', change: Record<string, unknown> = {}): Record<string, unknown> => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: '6281234567890',
  type: 'template',
  template: {
    name: 'otp_login',
    language: { code: 'id' },
    components: [
      { type: 'body', parameters: [{ type: 'text', text: code }] },
      { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: code }] },
    ],
  },
  biz_opaque_callback_data: 'delivery-1',
  ...change,
});

const withTemplate = (change: Record<string, unknown>): Record<string, unknown> =>
  message('123456', { template: { ...(message()['template'] as object), ...change } });

describe('WhatsApp in the lab', () => {
  let lab: WhatsappLab;
  let gateway: FakeGateway;

  beforeEach(async () => {
    gateway = await FakeGateway.start();
    lab = await startWhatsappLab({
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
    body: unknown,
    token = NANOVEST.accessToken,
    id = NANOVEST.phoneNumberId,
  ): Promise<Response> =>
    fetch(`${lab.url}/v26.0/${id}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('accepts a one-time code of a business unit and shows what the person reads', async () => {
    const answer = await send(message());
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      messaging_product: 'whatsapp',
      contacts: [{ input: '6281234567890', wa_id: '6281234567890' }],
      messages: [{ id: expect.stringMatching(/^wamid\./), message_status: 'accepted' }],
    });
    expect(lab.messages()[0]).toMatchObject({
      unit: 'nanovest',
      to: '6281234567890',
      code: '123456',
      text: '123456 adalah kode verifikasi Anda.',
      opaque: 'delivery-1',
    });
  });

  it('tells the gateway sent, delivered and read, each signed over its raw bytes', async () => {
    lab.connectGateway(gateway);
    const answer = (await (await send(message())).json()) as { messages: { id: string }[] };
    await gateway.waitForRequests(3);
    const statuses = gateway.requests.map(({ body }) => {
      const webhook = JSON.parse(body) as {
        entry: { changes: { value: { statuses: Record<string, unknown>[] } }[] }[];
      };
      return webhook.entry[0]?.changes[0]?.value.statuses[0];
    });
    expect(statuses.map((status) => status?.['status'])).toEqual(['sent', 'delivered', 'read']);
    expect(statuses[0]).toEqual({
      id: answer.messages[0]?.id,
      status: 'sent',
      timestamp: '1795334400',
      recipient_id: '6281234567890',
      biz_opaque_callback_data: 'delivery-1',
    });
    for (const { path, headers, body } of gateway.requests) {
      const digest = createHmac('sha256', NANOVEST.appSecret).update(body).digest('hex');
      expect(path).toBe('/v1/webhooks/whatsapp/nanovest');
      expect(headers['x-hub-signature-256']).toBe(`sha256=${digest}`);
    }
  });

  it('says after the fact that a person is not on WhatsApp when that was planned', async () => {
    lab.connectGateway(gateway);
    lab.receipts.next([{ status: 'failed', errorCode: 131026 }]);
    await send(message());
    await gateway.waitForRequests(1);
    expect(gateway.requests[0]?.body).toContain('"errors":[{"code":131026,"title":"Message undeliverable"');
    await lab.waitForMessage(({ status }) => status === 'failed');
  });

  it('repeats a status webhook that the gateway did not take', async () => {
    lab.connectGateway(gateway);
    gateway.statuses.push(503, 200);
    lab.receipts.next([{ status: 'delivered' }]);
    await send(message());
    await gateway.waitForRequests(2);
    expect(gateway.requests[0]?.body).toBe(gateway.requests[1]?.body);
  });

  it('asks for the subscription as Meta does', async () => {
    lab.connectGateway(gateway);
    const { status, challenge } = await lab.verifySubscription('nanovest');
    expect(status).toBe(200);
    const query = new URL(gateway.requests[0]?.path ?? '', gateway.url).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      'hub.mode': 'subscribe',
      'hub.verify_token': NANOVEST.verifyToken,
      'hub.challenge': challenge,
    });
  });

  it.each([
    ['a free text', { ...message(), type: 'text' }, 400, 100],
    ['an unknown key', { ...message(), ttl_seconds: 60 }, 400, 100],
    ['a missing product', message('1', { messaging_product: undefined }), 400, 100],
    ['a missing recipient', message('1', { to: undefined }), 400, 100],
    ['a recipient that is no number', message('1', { to: '08abc' }), 400, 131009],
    ['an unknown template', withTemplate({ name: 'other' }), 404, 132001],
    ['a language the template lacks', withTemplate({ language: { code: 'fr' } }), 404, 132001],
    ['no components', withTemplate({ components: [] }), 400, 132000],
    [
      'a code without its button',
      withTemplate({ components: [{ type: 'body', parameters: [{ type: 'text', text: '123456' }] }] }),
      400,
      131008,
    ],
    ['a code of 16 characters', message('1234567890123456'), 400, 131009],
    ['an over-long callback text', message('1', { biz_opaque_callback_data: 'x'.repeat(513) }), 400, 131009],
  ])('refuses %s in Meta’s words', async (_what, body, status, code) => {
    const answer = await send(body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({
      error: expect.objectContaining({
        message: expect.stringContaining(`(#${code})`),
        type: 'OAuthException',
        code,
        fbtrace_id: expect.any(String),
      }),
    });
    expect(lab.messages()).toEqual([]);
  });

  it("refuses an unknown token and another unit's phone number", async () => {
    const stranger = await send(message(), 'stranger');
    expect(stranger.status).toBe(401);
    expect(await stranger.json()).toMatchObject({ error: { code: 190 } });
    const other = await send(message(), labCredentials('siminvest').whatsapp.accessToken);
    expect(await other.json()).toMatchObject({ error: { code: 100, error_subcode: 33 } });
  });
});
