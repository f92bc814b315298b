import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { normalisePhoneNumber } from './phone-number';

describe('an Indonesian mobile number', () => {
  it.each([
    ['084512340987', '6284512340987'],
    ['6285610573956', '6285610573956'],
    ['+62 856-1057-3956', '6285610573956'],
    ['85610573956', '6285610573956'],
    ['+62 (0)856 1057 3956', '6285610573956'],
    ['006285610573956', '6285610573956'],
    ['62811960456', '62811960456'],
    ['0811960456', '62811960456'],
    ['811960456', '62811960456'],
    ['08591915781114', '628591915781114'],
    ['085919157811145', '6285919157811145'],
    ['0062 0 8591 9157 811145', '6285919157811145'],
    ['０８５６１０５７３９５６', '6285610573956'],
  ])('written %s is %s', (written, expected) => {
    expect(normalisePhoneNumber(written)).toBe(expected);
  });

  it.each([
    '',
    '0812',
    '081196045',
    '0859191578111456',
    '021555123',
    '+14155552671',
    'abc',
    '08123456789012345',
    '62-21-5551234',
    '+6281234x67890',
  ])('is not %p', (written) => {
    expect(normalisePhoneNumber(written)).toBeUndefined();
  });

  it('is the same number in every way people write it', () => {
    const numbers = fc.stringMatching(/^8[1-9]\d{7,12}$/);
    const styles = fc.constantFrom('0', '', '62', '+62', '+62 0', '0062', '62 0');
    fc.assert(
      fc.property(numbers, styles, (number, style) => {
        const canonical = normalisePhoneNumber(`+62${number}`);
        expect(normalisePhoneNumber(style + number)).toBe(canonical);
        if (canonical !== undefined) expect(normalisePhoneNumber(canonical)).toBe(canonical);
      }),
    );
  });

  it('is a possible number of the numbering plan', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^08\d{8,13}$/), (written) => {
        const digits = normalisePhoneNumber(written);
        expect(digits).toBe(`62${written.slice(1)}`);
        expect(parsePhoneNumberFromString(`+${digits}`)).toMatchObject({
          number: `+${digits}`,
          countryCallingCode: '62',
        });
        expect(parsePhoneNumberFromString(`+${digits}`)?.isPossible()).toBe(true);
      }),
    );
  });

  it('that no operator owns is accepted only where any will do', () => {
    expect(normalisePhoneNumber('084512340987', 'known')).toBeUndefined();
    expect(normalisePhoneNumber('085610573956', 'known')).toBe('6285610573956');
  });
});
