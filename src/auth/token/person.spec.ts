import fc from 'fast-check';
import { normalisePhoneNumber } from '../../platform/indonesia';
import { emailAddressesIn, isServiceAccount, nameIn, phoneNumberIn } from './person';

describe('the phone number in a token', () => {
  it('is read as everywhere else in the gateway, however it is written', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 16 });
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

  it.each([
    [undefined],
    [6285610573956],
    [['6285610573956']],
    ['628-budi-joko'],
    [`628${'1'.repeat(14)}`],
    ['6281'],
    ['x6285610573956'],
  ])('is not %j', (username) => expect(phoneNumberIn({ preferred_username: username })).toBeNull());
});

describe('the e-mail addresses in a token', () => {
  const login = 'Budi@Example.org';
  const email = 'b@example.org';

  it('are the one a person logs in with and the one that SIMAS-ID verified, in lower case', () => {
    expect(emailAddressesIn({ preferred_username: login, email, email_verified: true })).toEqual([
      'budi@example.org',
      email,
    ]);
    expect(emailAddressesIn({ preferred_username: login, email: login, email_verified: true })).toEqual([
      'budi@example.org',
    ]);
  });

  it('are none where it is not verified, or is no address', () => {
    for (const verified of [undefined, false, 'true'])
      expect(
        emailAddressesIn({ preferred_username: '6285610573956', email, email_verified: verified }),
      ).toEqual([]);
    expect(emailAddressesIn({ email: 'budi', email_verified: true })).toEqual([]);
  });
});

describe('a token of a program', () => {
  it.each([['service-account-nanovest'], ['Service-Account-x']])('is known by %s', (username) =>
    expect(isServiceAccount({ preferred_username: username })).toBe(true),
  );

  it.each([['my-service-account-x'], ['service-desk-budi'], [undefined], [['service-account-x']]])(
    'is not known by %j',
    (username) => expect(isServiceAccount({ preferred_username: username })).toBe(false),
  );
});

describe('a token whose subject is a client', () => {
  it.each([
    [{ sub: 'nanovest', azp: 'nanovest' }],
    [{ sub: 'nanovest', azp: 'other', client_id: 'nanovest' }],
  ])('belongs to a program: %j', (claims) => expect(isServiceAccount(claims)).toBe(true));

  it('belongs to a person where subject and client differ, or none is named', () => {
    expect(isServiceAccount({ sub: 'subject-1', azp: 'nanovest', client_id: 'nanovest' })).toBe(false);
    expect(isServiceAccount({})).toBe(false);
  });
});

describe('the name in a token', () => {
  it.each<[object, string | null]>([
    [{ name: ' Jane Roe ', given_name: 'John', family_name: 'Doe' }, 'Jane Roe'],
    [{ name: ' ', given_name: ' John ', family_name: ' Doe ' }, 'John Doe'],
    [{ given_name: 'John' }, 'John'],
    [{ name: 5, family_name: 'Doe' }, 'Doe'],
    [{ given_name: 5, family_name: null }, null],
    [{}, null],
  ])('of %j is %j', (claims, name) => expect(nameIn(claims as Record<string, unknown>)).toBe(name));

  it('is cut between characters, not within one', () => {
    const name = '\u{1D420}'.repeat(300);
    expect(nameIn({ name })).toBe('\u{1D420}'.repeat(200));
  });
});
