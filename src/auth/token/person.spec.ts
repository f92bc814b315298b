import fc from 'fast-check';
import { normalisePhoneNumber } from '../../platform/indonesia';
import { nameIn, phoneNumberIn } from './person';

describe('the phone number in a token', () => {
  it('is read as everywhere else in the gateway, however it is written', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 5, maxLength: 16 });
    const written = fc
      .tuple(fc.constantFrom('628', '+628', '08', '8', '62 8', '62', ''), digits)
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(written, (username) => {
        expect(phoneNumberIn({ preferred_username: username })).toBe(normalisePhoneNumber(username) ?? null);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the name in a token', () => {
  it('is cut between characters, not within one', () => {
    const name = '\u{1D420}'.repeat(300);
    expect(nameIn({ name })).toBe('\u{1D420}'.repeat(200));
  });
});
