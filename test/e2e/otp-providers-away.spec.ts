import { type AddressInfo, createServer, type Socket } from 'node:net';
import { newCode, newPhone, OtpDesk } from '../support/otp-desk';
import { startTestGateway, type TestGateway, UNITS } from '../support/test-gateway';

describe('Providers that are away', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({
      units: [...UNITS, 'patient'],
      environment: { OTP_FALLBACK: 'none', PARTNER_TIMEOUT_MS: '5000' },
    });
  });
  afterAll(() => gateway?.close());

  it('for longer than the codes live get nothing late: every code ends expired and erased', async () => {
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
  });

  it('or never answer do not hold up other channels and units, and what is being sent is waited for at a stop', async () => {
    const desk = new OtpDesk(gateway, 'patient');
    gateway.lab.twilio.faults.next({ hang: true, times: 60 });
    await Promise.all(Array.from({ length: 60 }, () => desk.send({ channel: 'sms' })));
    const started = performance.now();
    const id = await desk.send({ channel: 'whatsapp' });
    await desk.tried(id, 1);
    const other = new OtpDesk(gateway, 'siminvest');
    gateway.lab.twilio.faults.clear();
    await other.tried(await other.send({ channel: 'sms' }), 1);
    expect(performance.now() - started).toBeLessThan(2_000);
    // What waits is left to other processes.
    const stopping = performance.now();
    await gateway.stop();
    expect(performance.now() - stopping).toBeLessThan(8_000);
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
