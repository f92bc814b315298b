import { isEmail } from 'class-validator';
import fc from 'fast-check';
import { isEmailAddress } from './email-address';

describe('an e-mail address', () => {
  it('is what a mail server takes, punycode and long endings included', () => {
    fc.assert(fc.property(fc.emailAddress(), (address) => isEmailAddress(address)));
    for (const address of ['a@b.co', "o'neil+tag@mail.example.museum", 'x@xn--bcher-kva.xn--p1ai'])
      expect([address, isEmailAddress(address)]).toEqual([address, true]);
  });

  it('is never one that class-validator, which many units use, refuses', () => {
    const bits = [
      'a',
      'Z9',
      '.',
      '-',
      '@',
      '_',
      '"',
      'xn--',
      ' ',
      '\u00fc',
      'x'.repeat(60),
      '.id',
      '@b.co',
      '+',
    ];
    const near = fc
      .array(fc.constantFrom(...bits), { minLength: 1, maxLength: 8 })
      .map((some) => some.join(''));
    fc.assert(
      fc.property(near, (text) => {
        if (isEmailAddress(text)) expect([text, isEmail(text)]).toEqual([text, true]);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    '@',
    'a@b',
    'a@b.c',
    'a..b@c.id',
    '"a"@b.id',
    'a@-b.id',
    `${'x'.repeat(65)}@b.id`,
    ' a@b.id',
    'a@b.id\n',
  ])('is not %j', (text) => {
    expect(isEmailAddress(text)).toBe(false);
  });
});
