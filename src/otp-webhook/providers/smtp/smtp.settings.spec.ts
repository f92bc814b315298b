import { ConfigurationError, loadSettings, type RawEnvironment } from '../../../platform/config';
import { type SmtpAccount, smtpSettings } from './smtp.settings';

function smtp(
  url: string,
  from = 'Nanovest <no-reply@nanovest.example>',
  more: RawEnvironment = {},
): SmtpAccount | null {
  const environment = { BU_NANOVEST_SMTP_URL: url, BU_NANOVEST_OTP_EMAIL_FROM: from, ...more };
  const registry = loadSettings([smtpSettings], ['nanovest'], environment);
  return registry.of(smtpSettings).forUnit('nanovest');
}

describe('A unit’s mail server', () => {
  it('speaks TLS from the start with smtps:, else by STARTTLS', () => {
    expect(smtp('smtps://user:p%40ss@mail.example.org')).toMatchObject({
      SMTP_URL: { host: 'mail.example.org', port: 465, secure: true, requireTls: false, user: 'user' },
      OTP_EMAIL_FROM: { name: 'Nanovest', address: 'no-reply@nanovest.example' },
    });
    expect(smtp('smtp://user:p%40ss@mail.example.org')?.SMTP_URL).toMatchObject({
      port: 587,
      requireTls: true,
    });
    expect(smtp('smtp://user:p%40ss@mail.example.org')?.SMTP_URL.password.reveal()).toBe('p@ss');
  });

  it('may be plain on loopback only, and never in production', () => {
    expect(smtp('smtp://127.0.0.1:2525')?.SMTP_URL).toMatchObject({
      port: 2525,
      requireTls: false,
      user: '',
    });
    expect(smtp('smtp://127.0.0.1:2525', undefined, { NODE_ENV: 'production' })?.SMTP_URL.requireTls).toBe(
      true,
    );
  });

  it.each([
    'mail.example.org',
    'http://mail.example.org',
    'smtp://',
    'smtp://mail.example.org/x',
    'smtp://h?x=1',
  ])('is not %s', (url) => {
    expect(() => smtp(url)).toThrow(ConfigurationError);
  });

  it.each(['nobody', 'A <a@b> c', '<a@b', 'a@b, c@d', 'A\r\nB <a@b>'])('does not send as %j', (from) => {
    expect(() => smtp('smtp://127.0.0.1:2525', from)).toThrow(ConfigurationError);
  });
});
