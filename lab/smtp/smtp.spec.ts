import { createTransport, type SentMessageInfo } from 'nodemailer';
import { labCredentials } from '../credentials';
import { startSmtpLab, type SmtpLab } from './index';

const NANOVEST = labCredentials('nanovest').smtp;
const MAIL = {
  from: 'Nanovest <no-reply@nanovest.example>',
  to: 'john@doe.example',
  subject: 'Kode verifikasi',
  text: 'Kode Anda: 123456',
  html: '<p>Kode Anda: <b>123456</b></p>',
  messageId: '<delivery-1@nanovest.example>',
};

describe('the mail server in the lab', () => {
  let lab: SmtpLab;

  beforeEach(async () => {
    lab = await startSmtpLab({
      host: '127.0.0.1',
      port: 0,
      units: ['nanovest'],
      now: () => new Date('2026-11-22T08:00:00Z'),
    });
  });
  afterEach(() => lab.close());

  const send = (mail: Partial<typeof MAIL> = {}, password = NANOVEST.password): Promise<SentMessageInfo> => {
    const { hostname, port } = new URL(lab.url);
    const transport = createTransport({
      host: hostname,
      port: Number(port),
      auth: { user: NANOVEST.user, pass: password },
      socketTimeout: 1_000,
    });
    return transport.sendMail({ ...MAIL, ...mail });
  };

  it('takes a mail of a business unit and lets a person read it', async () => {
    await send();
    expect(await lab.waitForMail(({ to }) => to.includes('john@doe.example'))).toMatchObject({
      unit: 'nanovest',
      envelope: { from: 'no-reply@nanovest.example', to: ['john@doe.example'] },
      from: { address: 'no-reply@nanovest.example', name: 'Nanovest' },
      to: ['john@doe.example'],
      subject: 'Kode verifikasi',
      text: 'Kode Anda: 123456',
      messageId: '<delivery-1@nanovest.example>',
      receivedAt: '2026-11-22T08:00:00.000Z',
    });
    expect(lab.mails()[0]?.html).toContain('<b>123456</b>');
  });

  it('takes a mail of nobody in particular', async () => {
    await createTransport(lab.url).sendMail(MAIL);
    expect(lab.mails()[0]?.unit).toBeNull();
  });

  it('refuses a wrong password and a mailbox that does not exist', async () => {
    await expect(send({}, 'wrong')).rejects.toMatchObject({ code: 'EAUTH', responseCode: 535 });
    await expect(send({ to: 'no-such-user@doe.example' })).rejects.toMatchObject({ responseCode: 550 });
    expect(lab.mails()).toEqual([]);
  });

  it.each(['CONNECT', 'MAIL', 'RCPT', 'DATA'])(
    'answers %s with a passing failure when asked to',
    async (path) => {
      lab.faults.next({ path, status: 451, body: '4.7.1 try again later' });
      await expect(send()).rejects.toMatchObject({ responseCode: 451 });
      expect(lab.mails()).toEqual([]);
      await send();
      expect(lab.mails()).toHaveLength(1);
    },
  );

  it('keeps the mail but cuts the line before saying so', async () => {
    lab.faults.next({ path: 'DATA', reset: true, afterWork: true });
    await expect(send()).rejects.toThrow();
    expect(lab.mails()).toHaveLength(1);
  });

  it('never answers until the client gives up', async () => {
    lab.faults.next({ path: 'DATA', hang: true });
    await expect(send()).rejects.toThrow(/timeout/i);
    expect(lab.mails()).toEqual([]);
  });

  it('answers late but properly when only a delay is asked for', async () => {
    lab.faults.next({ path: 'RCPT', delayMs: 20 });
    await send();
    expect(lab.mails()).toHaveLength(1);
    expect(lab.faults.pending).toBe(0);
  });
});
