import { labCredentials } from './credentials';
import { startSmsHttpLab, type SmsHttpLab } from './sms-http';

describe('the SMS aggregator in the lab', () => {
  let lab: SmsHttpLab;
  beforeAll(async () => {
    lab = await startSmsHttpLab({ host: '127.0.0.1', port: 0, units: ['nanovest'], now: () => new Date() });
  });
  afterAll(() => lab.close());
  beforeEach(() => lab.clear());

  const MESSAGE = { sender_id: 'NANOVEST', recipient_number: '6281234567890', message_body: 'Code 123456' };
  const send = (contentType: string, body: string, key = labCredentials('nanovest').smsHttp.apiKey) =>
    fetch(`${lab.url}/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': contentType },
      body,
    });

  it.each([
    ['application/json', JSON.stringify(MESSAGE)],
    ['application/x-www-form-urlencoded', new URLSearchParams(MESSAGE).toString()],
  ])('takes %s', async (contentType, body) => {
    const answer = await send(contentType, body);
    expect(await answer.json()).toEqual({ success: true, msg_id: lab.messages()[0]?.id });
    expect(lab.messages()[0]).toMatchObject({
      unit: 'nanovest',
      from: 'NANOVEST',
      to: '6281234567890',
      text: 'Code 123456',
      contentType,
    });
  });

  it('refuses a stranger, a missing field and a recipient it cannot reach', async () => {
    expect((await send('application/json', JSON.stringify(MESSAGE), 'stranger')).status).toBe(401);
    expect((await send('application/json', JSON.stringify({ ...MESSAGE, message_body: '' }))).status).toBe(
      400,
    );
    expect(
      (await send('application/json', JSON.stringify({ ...MESSAGE, recipient_number: '08' }))).status,
    ).toBe(400);
    expect(lab.messages()).toEqual([]);
  });
});
