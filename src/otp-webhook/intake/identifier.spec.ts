import { fits, readIdentifier } from './identifier';

describe('The identifier of a code', () => {
  it.each(['084512340987', '84512340987', '6284512340987', '+6284512340987', '+62 845-1234-0987'])(
    'may be a mobile number as %s',
    (text) => {
      expect(readIdentifier(text)).toEqual({ kind: 'phone', value: '6284512340987', masked: '+6284***987' });
    },
  );

  it('may be an e-mail address, in any case', () => {
    expect(readIdentifier(' Jane.Doe+otp@Example.ORG ')).toEqual({
      kind: 'email',
      value: 'jane.doe+otp@example.org',
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
    '+14155550100',
    '02112345678',
    '0812',
    '08123456789012345',
  ])('may not be %j', (text) => {
    expect(readIdentifier(text)).toBeUndefined();
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
