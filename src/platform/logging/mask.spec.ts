import { maskEmail, maskPhone } from './mask';

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
