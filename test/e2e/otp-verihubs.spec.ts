import { newCode, OtpDesk } from '../support/otp-desk';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let desk: OtpDesk;

beforeAll(async () => {
  gateway = await startTestGateway({ environment: { BU_NANOVEST_SMS_PROVIDER: 'verihubs' } });
  desk = new OtpDesk(gateway);
});
afterAll(() => gateway?.close());
beforeEach(() => {
  gateway.lab.verihubs.receipts.usually([]);
});
afterEach(() => {
  gateway.lab.verihubs.faults.clear();
});

/** A message that was taken, and where its receipts go. */
async function sent(): Promise<{ id: string; message: string; callback: URL }> {
  const otp = newCode();
  const id = await desk.send({ channel: 'sms', otp });
  await desk.when(id, 'accepted');
  const { id: message, callbackUrl } = await gateway.lab.verihubs.waitForMessage(({ text }) =>
    text.includes(otp),
  );
  return { id, message, callback: new URL(callbackUrl ?? '') };
}

function report(callback: URL, message: string, status: string, method = 'GET'): Promise<Response> {
  const query = new URLSearchParams({ session_id: message, status });
  return fetch(`${callback.href}?${query.toString()}`, { method });
}

describe('A unit whose SMS go by Verihubs', () => {
  it('has a person’s code delivered, and the callback says so', async () => {
    gateway.lab.verihubs.receipts.usually([{ status: '0' }, { status: '1' }]);
    const otp = newCode();
    const id = await desk.send({ channel: 'sms', otp, identifier: '6281355501234' });
    const { attempts } = await desk.when(id, 'delivered');
    const message = gateway.lab.verihubs.messages().at(-1);
    expect(message).toMatchObject({ unit: 'nanovest', to: '6281355501234' });
    expect(message?.text).toContain(`${otp} adalah kode verifikasi`);
    expect(attempts).toMatchObject([
      { provider: 'verihubs', outcome: 'accepted', providerMessageId: message?.id, receipt: 'delivered' },
    ]);
  });

  it('learns of a number that Verihubs has blocked', async () => {
    gateway.lab.verihubs.faults.next({ status: 409 });
    const id = await desk.send({ channel: 'sms' });
    const { attempts } = await desk.when(id, 'failed');
    expect(attempts).toMatchObject([{ outcome: 'recipient', errorCode: 'http_409' }]);
  });

  it('learns from a receipt that a number is blocked, by GET or by POST', async () => {
    for (const method of ['GET', 'POST']) {
      const { id, message, callback } = await sent();
      expect((await report(callback, message, '9', method)).status).toBe(200);
      expect(await desk.when(id, 'failed')).toMatchObject({
        reason: 'recipient',
        attempts: [{ receipt: 'failed', errorCode: '9' }],
      });
    }
  });

  it('sends once more when no operator could be reached', async () => {
    const { id, message, callback } = await sent();
    await report(callback, message, '5');
    await desk.tried(id, 2);
    const { attempts } = await desk.see(id);
    expect(attempts).toMatchObject([{ outcome: 'transient', errorCode: '5' }, {}]);
  });

  it('takes repeats, unknown messages and unknown words for what they are: nothing new', async () => {
    const { id, message, callback } = await sent();
    for (const [about, status] of [
      [message, '1'],
      [message, '1'],
      [message, '7'],
      [message, '3'],
      ['another-message', '1'],
    ] as const)
      expect((await report(callback, about, status)).status).toBe(200);
    expect((await desk.see(id)).status).toBe('delivered');
    expect((await report(callback, message, 'delivered')).status).toBe(400);
  });
});

describe('A stranger who knows a message’s id', () => {
  it.each<[string, Partial<Record<'unit' | 'delivery' | 'token', string>>]>([
    ['no token of ours', { token: 'A'.repeat(43) }],
    ['another delivery’s token', { delivery: '00000000-0000-4000-8000-000000000000' }],
    ['another unit', { unit: 'siminvest' }],
    ['a unit that does not exist', { unit: 'nobody' }],
  ])('changes nothing with %s', async (_what, forged) => {
    const { id, message, callback } = await sent();
    const [unit, delivery, token] = callback.pathname.split('/').slice(-3);
    const parts = { unit, delivery, token, ...forged };
    const path = `/v1/webhooks/verihubs/${parts.unit}/${parts.delivery}/${parts.token}`;
    for (const method of ['GET', 'POST'])
      expect((await report(new URL(path, callback), message, '1', method)).status).toBe(401);
    expect((await desk.see(id)).status).toBe('accepted');
  });

  it('finds no address to call in the logs', async () => {
    const { callback, message } = await sent();
    await report(callback, message, '1');
    const token = callback.pathname.split('/').at(-1) ?? '';
    expect(token).toHaveLength(43);
    expect((await gateway.log()).filter((line) => line.includes(token))).toEqual([]);
  });
});

// Last, because a refused set-up rests the channel for a while.
describe('A unit whose key Verihubs refuses', () => {
  it('sees that its own set-up is wrong', async () => {
    gateway.lab.verihubs.faults.next({ status: 401 });
    const id = await desk.send({ channel: 'sms' });
    const { attempts } = await desk.when(id, 'failed');
    expect(attempts).toMatchObject([{ outcome: 'setup', errorCode: 'http_401' }]);
  });
});
