import { ConfigurationError, loadSettings } from '../platform/config';
import { otpSettings } from './otp.settings';

describe('The last line of a unit’s SMS', () => {
  function suffix(text: string): string | undefined {
    const registry = loadSettings([otpSettings], ['nanovest'], { BU_NANOVEST_SMS_SUFFIX: text });
    return registry.of(otpSettings).optionalForUnit('nanovest').SMS_SUFFIX;
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
