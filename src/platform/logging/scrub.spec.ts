import fc from 'fast-check';
import { maskEmail, maskPhone, scrub } from './scrub';

describe('a log line', () => {
  it.each([
    ['{"nik":"3208201808850001"}', '{"nik":"[nik]"}'],
    ['asked for 6285610573956 twice', 'asked for [phone] twice'],
    ['to +62 856-1057-3956', 'to [phone]'],
    ['08561057395', '[phone]'],
    ['of 085919157811145, the longest there is', 'of [phone], the longest there is'],
    ['+62 85919157811145', '[phone]'],
    ['from john.doe@example.co.id', 'from [email]'],
    ['Authorization: Basic bmFub3Zlc3Q6c2VjcmV0', 'Authorization: Basic ***'],
    ['bearer abcdefghijkl', 'bearer ***'],
    ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', '[jwt]'],
    ['-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----!', '[pem]!'],
    ['-----BEGIN PRIVATE KEY-----\\nabc, cut off\nnext line', '[pem]\nnext line'],
  ])('%s leaves as %s', (line, expected) => {
    expect(scrub(line)).toBe(expected);
  });

  it.each([
    '{"level":"info","time":"2026-11-22T03:04:05.678Z","ms":12.5,"status":200}',
    '0b6e3c9e-3c1b-4f5e-9d0a-0856105739ff',
    'wamid.HBgNNjI4NTYxMDU3Mzk1NhUCABEYEjA4NTYx',
  ])('without personal data stays as it is: %s', (line) => {
    expect(scrub(line)).toBe(line);
  });

  it('hides what stands behind a line break, and stays JSON', () => {
    const personal = fc.constantFrom(
      ...['3208201808850001', '6285610573956', '0856 1057 395', 'john.doe@example.co.id'],
      ...['Bearer abcdefghijkl', 'eyJhbGciOiJ.eyJzdWIi.c2ln'],
    );
    const around = fc.array(fc.constantFrom('\n', '\t', '\r', '\\', '"', '\u0001', '\u001b', ' ', 'n'));
    fc.assert(
      fc.property(
        around,
        fc.constantFrom('\n', '\t', '\u0001'),
        personal,
        around,
        (before, escaped, secret, after) => {
          const line = scrub(
            JSON.stringify({ stack: `${before.join('')}${escaped}${secret} ${after.join('')}` }),
          );
          expect(line).not.toContain(secret);
          expect(JSON.parse(line)).toHaveProperty('stack');
        },
      ),
    );
  });

  it('with something personal anywhere in it never leaves as it is', () => {
    const personal = fc.constantFrom(
      ...['3208201808850001', '6285610573956', '+62 856-1057-3956', '0856 1057 395', 'a.b@example.co.id'],
      ...['Basic bmFub3Zlc3Q6c2VjcmV0', 'BEARER abcdefghijkl', 'eyJhbGciOiJ.eyJzdWIi', '-----BEGIN KEY-----'],
    );
    const around = fc.string({ maxLength: 30 }).map((text) => text.replace(/[\w.-]/g, ' '));
    fc.assert(
      fc.property(around, personal, around, (before, secret, after) => {
        expect(scrub(`${before} ${secret} ${after}`)).not.toContain(secret);
      }),
    );
  });
});

describe('what stands for a person in lists and logs', () => {
  it.each([
    ['jane@example.org', 'j***@e***'],
    ['\u{1D420}ane@\u{1D420}mail.com', '\u{1D420}***@\u{1D420}***'],
    ['jane@', 'j***@***'],
    ['@example.org', '***'],
    ['jane', '***'],
  ])('%j is %j', (email, masked) => {
    expect(maskEmail(email)).toBe(masked);
    expect(masked.isWellFormed()).toBe(true);
  });

  it('shows the beginning and the end of a number', () => {
    expect([maskPhone('+6285610573956'), maskPhone('6281234')]).toEqual(['+6285***956', '***']);
  });
});
