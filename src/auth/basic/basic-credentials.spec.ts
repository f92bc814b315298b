import fc from 'fast-check';
import { isBasic, parseBasic } from './basic-credentials';

const encode = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');

describe('Basic credentials', () => {
  it('of any user name and password come back as they were, split at the first colon', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .filter((one) => !/\p{Cc}/u.test(one) && !/\p{Cs}/u.test(one));
    const user = text.filter((one) => !one.includes(':'));
    fc.assert(
      fc.property(user, text, fc.constantFrom('Basic ', 'basic ', 'BASIC   '), (name, password, scheme) => {
        const given = { user: name, password };
        expect(parseBasic(scheme + encode(`${name}:${password}`))).toEqual(given);
      }),
    );
  });

  it.each([
    ['nothing', 'Basic'],
    ['an empty pair', 'Basic '],
    ['another scheme', `Bearer ${encode('a:b')}`],
    ['a scheme that only begins so', `Basics ${encode('a:b')}`],
    ['two pairs', `Basic ${encode('a:b')} ${encode('a:b')}`],
    ['two pairs with a comma', `Basic ${encode('a:b')},Basic ${encode('a:b')}`],
    ['a pair without colon', `Basic ${encode('ab')}`],
    ['base64 without padding', `Basic ${encode('a:b:').replace(/=/g, '')}`],
    ['base64 with too much padding', `Basic ${encode('a:bc')}====`],
    ['base64url', `Basic ${encode('a:???>>>').replaceAll('+', '-').replaceAll('/', '_')}`],
    ['base64 with a stray bit', 'Basic YTpiYh=='],
    ['base64 with a line break', `Basic YTpi\nYTpi`],
    ['bytes that are no UTF-8', `Basic ${encode(Uint8Array.of(0x61, 0x3a, 0xff))}`],
    ['an overlong UTF-8 form', `Basic ${encode(Uint8Array.of(0x61, 0x3a, 0xc0, 0x80))}`],
    ['a control character', `Basic ${encode('a:b\u0000')}`],
    ['a line break in the password', `Basic ${encode('a:b\r\nc')}`],
    ['a delete character', `Basic ${encode('a\u007f:b')}`],
    ['more than a kilobyte', `Basic ${encode(`a:${'b'.repeat(1024)}`)}`],
  ])('are not made of %s', (_, header) => {
    expect(parseBasic(header)).toBeUndefined();
  });

  it('never make the parser throw, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseBasic(`Basic ${text}`);
        if (parsed !== undefined) expect(parsed.user).not.toContain(':');
      }),
    );
  });

  it('are told from other schemes', () => {
    expect(['Basic', 'basic x', 'BASIC '].map(isBasic)).toEqual([true, true, true]);
    expect([undefined, '', 'Bearer x', 'Basics x', ' Basic x'].map(isBasic)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
