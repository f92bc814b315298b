import { createTransport } from 'nodemailer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeGateway } from './fake-gateway.fixture';
import { freePorts, occupy, release } from './free-ports.fixture';
import { labCredentials, PortTaken, startLab, type Lab } from './index';

const json = async (url: string): Promise<unknown> => (await fetch(url)).json();

async function storeKyc(lab: Lab): Promise<void> {
  const { clientId, clientSecret } = labCredentials('nanovest').commonKyc;
  await fetch(`${lab.urls.commonKyc}/v1/common-kyc`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      client_id: clientId,
      phone_number: '6285610573956',
      full_name: 'John <Doe>',
      nik: '3171234567890123',
      date_of_birth: '1990-01-31',
      email: '',
    }),
  });
}

const sendMail = (lab: Lab): Promise<unknown> =>
  createTransport(lab.environment()['BU_NANOVEST_SMTP_URL']).sendMail({
    from: 'no-reply@nanovest.example',
    to: 'john@doe.example',
    subject: 'Kode',
    text: '123456',
    html: '<b>123456</b><script>alert(1)</script>',
  });

describe('the partner lab', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ units: ['nanovest', 'nano-vest'] });
  });
  afterAll(() => lab.close());

  it('plays every partner on a port of its own', () => {
    const ports = Object.values(lab.urls).map((url) => new URL(url).port);
    expect(new Set(ports).size).toBe(13);
    expect(Object.keys(lab.urls)[0]).toBe('inbox');
  });

  it('gives a gateway everything it needs to talk to the lab, for every business unit', () => {
    const environment = lab.environment();
    expect(environment).toMatchObject({
      BUSINESS_UNITS: 'nanovest,nano-vest',
      SIMAS_ID_BASE_URL: lab.urls.simasId,
      SIMAS_ID_ISSUER: `${lab.urls.simasId}/realms/simas-id`,
      COMMON_KYC_BASE_URL: lab.urls.commonKyc,
      GTF_COE_BASE_URL: lab.urls.gtf,
      GTF_UPLOAD_HOSTS: 'localhost',
      WHATSAPP_BASE_URL: `${lab.urls.whatsapp}/v26.0`,
      BU_NANO_VEST_COMMON_KYC_CLIENT_ID: 'nano-vest',
      BU_NANOVEST_GTF_CALLBACK_HEADER: 'Authorization',
      BU_NANOVEST_SMS_HTTP_URL: `${lab.urls.sms}/send`,
    });
    expect(environment['SATUSEHAT_PUBLIC_KEY']).toMatch(/^-----BEGIN PUBLIC KEY-----\\n[^\n]*$/);
    expect(Object.keys(environment).filter((name) => /API_CREDENTIALS|OTP_WEBHOOK/.test(name))).toEqual([]);
    const secrets = Object.entries(environment).filter(([name]) => /SECRET|PASS_KEY|TOKEN$/.test(name));
    const spelt = (value: string): string =>
      value.startsWith('whsec_') ? Buffer.from(value.slice(6), 'base64').toString() : value;
    expect(secrets.filter(([, value]) => value.length < 16 || !spelt(value).includes('lab-'))).toEqual([]);
  });

  it('shows a person and a program what arrived', async () => {
    await sendMail(lab);
    await storeKyc(lab);
    const messages = (await json(`${lab.urls.inbox}/api/messages`)) as { id: string }[];
    expect(messages[0]).toMatchObject({
      channel: 'email',
      provider: 'smtp',
      unit: 'nanovest',
      to: 'john@doe.example',
      subject: 'Kode',
      text: '123456',
    });
    expect(await json(`${lab.urls.inbox}/api/gtf-submissions`)).toEqual([]);
    expect(await json(`${lab.urls.inbox}/api/common-kyc`)).toMatchObject([{ phone_number: '6285610573956' }]);
    const page = await (await fetch(lab.urls.inbox)).text();
    expect(page).toContain('Messages (1)');
    expect(page).toContain('John &lt;Doe&gt;');
    expect(page).toContain(lab.urls.twilio);
    const mail = await fetch(`${lab.urls.inbox}/mails/${messages[0]?.id}`);
    expect(mail.headers.get('content-security-policy')).toContain("sandbox; default-src 'none'");
    expect((await fetch(`${lab.urls.inbox}/mails/none`)).status).toBe(404);
  });

  it('sends codes and receipts to the gateway it is connected to', async () => {
    const gateway = await FakeGateway.start();
    lab.connectGateway({
      url: gateway.url,
      otpWebhook: { nanovest: { user: 'sender', password: 'secret' } },
    });
    await lab.simasId.sendOtp({ unit: 'nanovest', identifier: '084512340987', channel: 'sms' });
    await lab.whatsapp.pushStatus('nanovest', 'wamid.1', { status: 'read' });
    expect(gateway.requests.map(({ path }) => path)).toEqual([
      '/v1/webhooks/otp',
      '/v1/webhooks/whatsapp/nanovest',
    ]);
    await gateway.close();
  });
});

describe('a lab that is started again', () => {
  it('still has the keys, the mails and the stored data', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'lab-'));
    const first = await startLab({ stateDir });
    await sendMail(first);
    await storeKyc(first);
    const kid = first.simasId.currentKid();
    const serverKey = first.environment()['SATUSEHAT_PUBLIC_KEY'];
    await first.close();

    const second = await startLab({ stateDir });
    expect(second.simasId.currentKid()).toBe(kid);
    expect(second.environment()['SATUSEHAT_PUBLIC_KEY']).toBe(serverKey);
    expect(second.smtp.mails()).toHaveLength(1);
    expect(second.commonKyc.records()).toHaveLength(1);
    await second.close();
    rmSync(stateDir, { recursive: true });
  });

  it('names the port that somebody else has, and leaves nothing running', async () => {
    const basePort = await freePorts(13);
    const squatter = await occupy(basePort + 2);
    const refusal: unknown = await startLab({ basePort }).catch((error: unknown) => error);
    await release(squatter);
    expect(refusal).toEqual(new PortTaken('Common KYC', basePort + 2));
    const lab = await startLab({ basePort });
    expect(lab.urls.sms).toBe(`http://localhost:${basePort + 9}`);
    await lab.close();
  });
});
