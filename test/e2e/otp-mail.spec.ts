import request from 'supertest';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { MailServer } from '../support/mail-server';
import { newCode, OtpDesk } from '../support/otp-desk';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { ownSettings, startTestGateway, UNITS } from '../support/test-gateway';

jest.setTimeout(60_000);

let mail: MailServer;

beforeAll(async () => {
  mail = await MailServer.start();
});
afterAll(() => mail?.close());

describe('A mail server with a host name, STARTTLS and a log-in', () => {
  let lab: Lab;
  let database: TestDatabase;
  let gateway: GatewayProcess;
  let desk: OtpDesk;

  beforeAll(async () => {
    await buildWhenStale();
    lab = await startLab({ units: UNITS });
    database = await createTestDatabase();
    gateway = await GatewayProcess.prepare((url) => ({
      ...lab.environment(),
      ...ownSettings(),
      DATABASE_URL: database.url,
      PUBLIC_URL: url,
      BU_NANOVEST_SMTP_URL: mail.url,
      NODE_EXTRA_CA_CERTS: mail.caFile,
    }));
    await gateway.start();
    desk = new OtpDesk({ http: request.agent(gateway.url), database });
  });
  afterAll(async () => {
    await gateway?.end('SIGTERM');
    await lab?.close();
    await database?.drop();
  });

  it('gets a person’s code over an encrypted session of the business unit', async () => {
    const otp = newCode();
    const id = await desk.send({ channel: 'email', identifier: 'jane@example.org', otp });
    expect(await desk.when(id, 'accepted')).toMatchObject({ attempts: [{ outcome: 'accepted' }] });
    expect(mail.mails).toEqual([
      { to: 'jane@example.org', content: expect.stringContaining(otp), user: mail.user, encrypted: true },
    ]);
  });

  it('that greylists a person gets their code by the next try, and nobody waits for them', async () => {
    mail.greylisting = '4.7.1 Greylisting in action, please come back later';
    const id = await desk.send({ channel: 'email', identifier: 'grey@example.org' });
    const refused = { outcome: 'transient', errorCode: '451' };
    const taken = { outcome: 'accepted', possibleDuplicate: false };
    expect(await desk.when(id, 'accepted')).toMatchObject({ attempts: [refused, taken] });
    expect(mail.mails.filter(({ to }) => to === 'grey@example.org')).toHaveLength(1);
  });
});

describe('A mail server whose certificate nobody vouches for', () => {
  it('gets no code, and somebody is told at once', async () => {
    const gateway = await startTestGateway({ environment: { BU_NANOVEST_SMTP_URL: mail.url } });
    try {
      const desk = new OtpDesk(gateway);
      const id = await desk.send({ channel: 'email', identifier: 'john@example.org' });
      expect(await desk.when(id, 'failed')).toMatchObject({ reason: 'setup' });
      expect(mail.mails.filter(({ to }) => to === 'john@example.org')).toEqual([]);
      const alarms = async (): Promise<string[]> =>
        (await gateway.log()).filter((line) => line.includes('"alarm":"otp_channel_refused"'));
      expect(await eventually(alarms, ({ length }) => length > 0)).toHaveLength(1);
    } finally {
      await gateway.close();
    }
  });
});
