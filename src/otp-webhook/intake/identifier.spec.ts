import fc from 'fast-check';
import { fits, readIdentifier } from './identifier';

describe('The identifier of a code', () => {
  it.each(['084512340987', '84512340987', '6284512340987', '+6284512340987', '+62 845-1234-0987'])(
    'may be a mobile number as %s',
    (text) => {
      expect(readIdentifier(text)).toEqual({
        kind: 'phone',
        value: '6284512340987',
        counted: '6284512340987',
        masked: '+6284***987',
      });
    },
  );

  it('may be an e-mail address, in any case, which limits count without its tag', () => {
    expect(readIdentifier(' Jane.Doe+otp@Example.ORG ')).toEqual({
      kind: 'email',
      value: 'jane.doe+otp@example.org',
      counted: 'jane.doe@example.org',
      masked: 'j***@e***',
    });
  });

  it.each([
    '',
    ' ',
    'jane',
    'jane@',
    '@example.org',
    'jane@example',
    'a@b@example.org',
    'jane@example.org\r\nBcc: x@example.org',
    'jane@example.org, joe@example.org',
    '"jane doe"@exa mple.org',
    '"jane"@example.org',
    'a1@\u{1D420}mail.com',
    'jane@xn--\u{1D420}.com',
    'jane@bücher.example',
    'jane@example.co\u212a',
    'jané@example.org',
    '\ud800@example.org',
    'jane@\ud800.org',
    'jane\0@example.org',
    '0812\ud80045678901',
    '+14155550100',
    '02112345678',
    '0812',
    '08123456789012345',
  ])('may not be %j', (text) => {
    expect(readIdentifier(text)).toBeUndefined();
  });

  it.each([
    ['jane+a+b@example.org', 'jane@example.org'],
    ['+jane@example.org', '+jane@example.org'],
    ['jane@ex-ample.org', 'jane@ex-ample.org'],
  ])('%s counts as %s', (text, counted) => {
    expect(readIdentifier(text)?.counted).toBe(counted);
  });

  it('may be an address under an internationalised domain in its ASCII form', () => {
    expect(readIdentifier('jane@xn--bcher-kva.example')).toMatchObject({
      value: 'jane@xn--bcher-kva.example',
    });
  });

  it('is nothing that a database could refuse, whatever somebody sends', () => {
    const letters = fc.oneof(
      fc.constantFrom('a', '1', '.', '+', '@', '-', '\0', '\ud800', '\udc00', '\u{1D420}', '\u200b', '８'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    const texts = fc
      .array(letters, { maxLength: 12 })
      .chain((some) =>
        fc.constantFrom(
          some.join(''),
          `${some.join('')}@example.org`,
          `a@${some.join('')}.com`,
          `0812345678${some.join('')}`,
        ),
      );
    fc.assert(
      fc.property(texts, (text) => {
        const { value, counted, masked } = readIdentifier(text) ?? { value: '', counted: '', masked: '' };
        expect(value + counted + masked).toMatch(/^[!-~]*$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is reached by mail when it is an address, else by SMS and WhatsApp', () => {
    const [phone, mail] = [readIdentifier('084512340987'), readIdentifier('jane@example.org')];
    if (phone === undefined || mail === undefined) throw new Error('both are good');
    const reached = (['email', 'sms', 'whatsapp'] as const).map((channel) => [
      fits(channel, phone),
      fits(channel, mail),
    ]);
    expect(reached).toEqual([
      [false, true],
      [true, false],
      [true, false],
    ]);
  });
});
