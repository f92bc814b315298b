import { startLab, type Lab } from '../../../../lab';
import { MessageTexts } from '../message-text';
import { SmtpClient } from './smtp.client';
import { Secret } from '../../../platform/config';
import { Deadline } from '../../../platform/time';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ units: ['nanovest'] });
});
afterAll(() => lab.close());

function mailServer(requireTls: boolean): SmtpClient {
  const { hostname, port } = new URL(lab.smtp.url);
  const server = { host: hostname, port: Number(port), secure: false, requireTls };
  const account = {
    SMTP_URL: { ...server, user: '', password: new Secret('') },
    OTP_EMAIL_FROM: { name: 'Nanovest', address: 'no-reply@nanovest.example' },
  };
  const texts = new MessageTexts({ unitName: 'Nanovest', language: 'en' });
  return new SmtpClient(account, { texts, timeoutMs: 2_000 });
}

const message = { deliveryId: 'delivery-1', to: 'jane@example.org', code: '123456', secondsLeft: 60 };

describe('A mail server without STARTTLS', () => {
  it('gets no code where TLS is demanded: somebody must set it up', async () => {
    const result = await mailServer(true).send(message, Deadline.after(2_000));
    expect(result).toMatchObject({ outcome: 'setup' });
    expect(result.unlisted).toBeUndefined();
    expect(lab.smtp.mails()).toEqual([]);
  });

  it('gets it on loopback, where TLS is not', async () => {
    expect(await mailServer(false).send(message, Deadline.after(2_000))).toMatchObject({
      outcome: 'accepted',
    });
    expect(lab.smtp.mails()).toHaveLength(1);
  });
});
