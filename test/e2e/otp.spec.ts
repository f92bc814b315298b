import { backOffice, otpSender, startTestGateway, type TestGateway, UNITS } from '../support/test-gateway';

interface Attempt {
  channel: string;
  provider: string;
  outcome: string | null;
  providerMessageId: string | null;
  receipt: string | null;
}

interface Delivery {
  id: string;
  identifier: string;
  channel: string;
  status: string;
  attempts: Attempt[];
}

describe('SIMAS-ID hands over a one-time code', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({
      units: [...UNITS, 'aggregated'],
      environment: { BU_AGGREGATED_SMS_PROVIDER: 'http' },
    });
  });
  afterAll(() => gateway.close());

  async function send(body: object, unit = 'nanovest'): Promise<string> {
    const answer = await gateway.http
      .post('/v1/webhooks/otp')
      .set('authorization', otpSender(unit))
      .send(body);
    expect(answer.body).toEqual({ id: expect.any(String), status: 'accepted' });
    expect(answer.status).toBe(200);
    return answer.body.id as string;
  }

  async function settled(id: string, status: string, unit = 'nanovest'): Promise<Delivery> {
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await gateway.http
        .get(`/v1/otp-deliveries/${id}`)
        .set('authorization', backOffice(unit));
      if (answer.body.status === status) return answer.body as Delivery;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const last = await gateway.http.get(`/v1/otp-deliveries/${id}`).set('authorization', backOffice(unit));
    throw new Error(`the delivery never became ${status}: ${JSON.stringify(last.body)}`);
  }

  it('by e-mail: the mail arrives with the code, and the subject does not tell it', async () => {
    const id = await send({ identifier: 'Jane.Doe@example.org', otp: '123456', channel: 'email' });
    const mail = await gateway.lab.smtp.waitForMail(({ messageId }) => messageId.includes(id));
    expect(mail.to).toEqual(['jane.doe@example.org']);
    expect(mail.unit).toBe('nanovest');
    expect(mail.text).toContain('123456');
    expect(mail.html).toContain('123456');
    expect(mail.subject).not.toContain('123456');
    const delivery = await settled(id, 'accepted');
    expect(delivery).toMatchObject({
      identifier: 'j***@e***',
      attempts: [{ channel: 'email', provider: 'smtp', outcome: 'accepted' }],
    });
  });

  it('by SMS: Twilio takes it, within the deadline, and reports that it arrived', async () => {
    const id = await send({ identifier: '084512340987', otp: '0123', channel: 'sms' });
    const sms = await gateway.lab.twilio.waitForMessage(({ text }) => text.includes('0123'));
    expect(sms.to).toBe('+6284512340987');
    expect(sms.validitySeconds).toBeLessThanOrEqual(180);
    const delivery = await settled(id, 'delivered');
    expect(delivery.attempts).toEqual([
      expect.objectContaining({ provider: 'twilio', providerMessageId: sms.id, receipt: 'delivered' }),
    ]);
  });

  it('by WhatsApp: the template is filled, and the receipts say that it was read', async () => {
    const id = await send({ identifier: '+62 856-1057-3956', otp: 'Ab12', channel: 'whatsapp' });
    const message = await gateway.lab.whatsapp.waitForMessage(({ code }) => code === 'Ab12');
    expect(message).toMatchObject({ to: '6285610573956', opaque: id, language: 'id' });
    const delivery = await settled(id, 'read');
    expect(delivery).toMatchObject({
      identifier: '+6285***956',
      channel: 'whatsapp',
      attempts: [{ provider: 'whatsapp', providerMessageId: null, outcome: 'accepted', receipt: 'read' }],
    });
  });

  it('lists its deliveries for the back office, newest first, masked and page by page', async () => {
    const first = await gateway.http
      .get('/v1/otp-deliveries?limit=2')
      .set('authorization', backOffice('nanovest'))
      .expect(200);
    expect(first.headers['cache-control']).toBe('no-store');
    const second = await gateway.http
      .get('/v1/otp-deliveries')
      .query({ limit: 2, cursor: first.body.nextCursor as string })
      .set('authorization', backOffice('nanovest'))
      .expect(200);
    const channels = [...first.body.data, ...second.body.data].map(({ channel }: Delivery) => channel);
    expect(channels).toEqual(['whatsapp', 'sms', 'email']);
    expect(second.body.nextCursor).toBeNull();
    expect(JSON.stringify([first.body, second.body])).not.toMatch(/123456|0123|Ab12|84512340987|jane/);
  });

  it('hides one unit’s deliveries from another', async () => {
    const id = await send({ identifier: '081234567890', otp: '555555', channel: 'sms' }, 'siminvest');
    await gateway.http
      .get(`/v1/otp-deliveries/${id}`)
      .set('authorization', backOffice('nanovest'))
      .expect(404);
  });

  it('through an Indonesian SMS aggregator, where the unit has one', async () => {
    const answer = await gateway.http
      .post('/v1/webhooks/otp')
      .set('authorization', otpSender('aggregated'))
      .send({ identifier: '6281234567890', otp: '987654', channel: 'sms' })
      .expect(200);
    const sms = await gateway.lab.sms.waitForMessage(({ text }) => text.includes('987654'));
    expect(sms.to).toBe('6281234567890');
    const { body } = await gateway.http
      .get(`/v1/otp-deliveries/${answer.body.id as string}`)
      .set('authorization', backOffice('aggregated'));
    expect(body).toMatchObject({ attempts: [{ provider: 'http' }] });
  });
});
