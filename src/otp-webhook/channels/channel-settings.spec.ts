import { ConfigurationError, loadSettings, type RawEnvironment } from '../../platform/config';
import { type SmsHttpSettings, smsHttpSettings, type SmsSettings, smsSettings } from './sms.settings';
import { type SmtpAccount, type SmtpSettings, smtpSettings } from './smtp.settings';

function smtp(
  url: string,
  from = 'Nanovest <no-reply@nanovest.example>',
  more: RawEnvironment = {},
): SmtpAccount | null {
  const environment = { BU_NANOVEST_SMTP_URL: url, BU_NANOVEST_OTP_EMAIL_FROM: from, ...more };
  const registry = loadSettings([smtpSettings], ['nanovest'], environment);
  return (registry.get(smtpSettings.token) as SmtpSettings).forUnit('nanovest');
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

describe('A unit’s SMS aggregator', () => {
  function smsHttp(more: RawEnvironment): ReturnType<SmsHttpSettings['forUnit']> {
    const environment = {
      BU_NANOVEST_SMS_HTTP_URL: 'https://sms.example.org/send/',
      BU_NANOVEST_SMS_HTTP_BODY: 'to={{to}}&text={{message}}',
      ...more,
    };
    const registry = loadSettings([smsHttpSettings], ['nanovest'], environment);
    return (registry.get(smsHttpSettings.token) as SmsHttpSettings).forUnit('nanovest');
  }

  it('needs an address and a body; method and headers have defaults', () => {
    const account = smsHttp({});
    expect(account).toMatchObject({ SMS_HTTP_METHOD: 'POST', SMS_HTTP_URL: 'https://sms.example.org/send/' });
    expect(account?.SMS_HTTP_HEADERS.reveal()).toEqual({});
  });

  it('takes headers as JSON', () => {
    const account = smsHttp({ BU_NANOVEST_SMS_HTTP_HEADERS: '{"Authorization":"Bearer x"}' });
    expect(account?.SMS_HTTP_HEADERS.reveal()).toEqual({ authorization: 'Bearer x' });
  });

  it.each(['[]', 'x', '{"a b":"c"}', '{"a":1}', '{"a":"b\\r\\nc: d"}'])(
    'refuses the headers %s',
    (headers) => {
      expect(() => smsHttp({ BU_NANOVEST_SMS_HTTP_HEADERS: headers })).toThrow(ConfigurationError);
    },
  );

  it('refuses a body without recipient or message', () => {
    expect(() => smsHttp({ BU_NANOVEST_SMS_HTTP_BODY: 'to={{to}}' })).toThrow(ConfigurationError);
  });
});

describe('The last line of a unit’s SMS', () => {
  function suffix(text: string): string | undefined {
    const registry = loadSettings([smsSettings], ['nanovest'], { BU_NANOVEST_SMS_SUFFIX: text });
    return (registry.get(smsSettings.token) as SmsSettings).optionalForUnit('nanovest').SMS_SUFFIX;
  }

  it.each(['FA+9qCX9VSu', '@nanovest.example #{{code}}', '{{code}} {{code}}'])('may be %s', (text) => {
    expect(suffix(text)).toBe(text);
  });

  it('need not be', () => {
    expect(suffix('')).toBeUndefined();
  });

  it.each(['two\nlines', 'a\ttab', '{{otp}}', '{code}', '#{{code}', 'x'.repeat(101)])(
    'may not be %j',
    (text) => {
      expect(() => suffix(text)).toThrow(ConfigurationError);
    },
  );
});
