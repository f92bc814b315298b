import type { BusinessUnit, BusinessUnits } from '../../business-units';
import type { Clock } from '../../platform/time';
import type { AuthSettings } from '../auth.settings';
import { ClaimsValidator } from './claims-validator';
import { TokenRefused } from './token-refused';

const NOW = 1_790_000_000;
const DAY = 86_400;
const ISSUER = 'https://sso.example/realms/simas-id';
const UNITS = [
  { id: 'nanovest', authorizedParties: new Set(['nanovest', 'nanovest-web', 'shared-app']) },
  { id: 'siminvest', authorizedParties: new Set(['siminvest', 'shared-app']) },
] as unknown as BusinessUnit[];
const GOOD = {
  iss: ISSUER,
  typ: 'Bearer',
  aud: 'nanovest',
  azp: 'nanovest',
  sub: 'subject-1',
  iat: NOW,
  exp: NOW + 300,
  preferred_username: '6285610573956',
  name: 'Jane Roe',
};

function validatorWith(party: 'require' | 'optional' = 'require', now = NOW): ClaimsValidator {
  const values = { SIMAS_ID_AZP: party, SIMAS_ID_ISSUER: ISSUER, SIMAS_ID_CLOCK_SKEW_SECONDS: 30 };
  const units = { all: UNITS, find: (id: string) => UNITS.find((unit) => unit.id === id) };
  return new ClaimsValidator(
    { values } as AuthSettings,
    units as unknown as BusinessUnits,
    { now: () => now * 1000 } as Clock,
  );
}

/** The unit that a token with these claims is for, or why it is for none. */
function verdict(changes: object, validator = validatorWith()): string {
  try {
    return validator.validate({ ...GOOD, ...changes }).businessUnit;
  } catch (error) {
    return error instanceof TokenRefused ? error.reason : String(error);
  }
}

it('a good token names its person, their business unit and until when', () => {
  expect(validatorWith().validate({ ...GOOD, email: 'Jane@Example.org', email_verified: true })).toEqual({
    kind: 'user',
    businessUnit: 'nanovest',
    subject: 'subject-1',
    phoneNumber: '6285610573956',
    emailAddresses: ['jane@example.org'],
    name: 'Jane Roe',
    expiresAt: new Date((NOW + 300) * 1000),
  });
});

describe('a token, to the second of the clock and 30 more for its skew,', () => {
  it.each<[string, object, string]>([
    ['expires', { iat: NOW - 300, exp: NOW - 29 }, 'nanovest'],
    ['expires', { iat: NOW - 300, exp: NOW - 30 }, 'expired'],
    ['becomes valid', { nbf: NOW + 30 }, 'nanovest'],
    ['becomes valid', { nbf: NOW + 31 }, 'not_yet_valid'],
    ['is valid since 1970', { nbf: 0 }, 'nanovest'],
    ['was issued', { iat: NOW + 30 }, 'nanovest'],
    ['was issued', { iat: NOW + 31 }, 'issued_in_future'],
    ['was issued when it expires', { iat: NOW + 10, exp: NOW + 10 }, 'nanovest'],
    ['was issued after it expires', { iat: NOW + 11, exp: NOW + 10 }, 'times_malformed'],
    ['lives a day', { exp: NOW + DAY }, 'nanovest'],
    ['lives longer', { exp: NOW + DAY + 1 }, 'lifetime_too_long'],
    ['lives a day from now', { iat: undefined, exp: NOW - 30 + DAY }, 'nanovest'],
    ['lives longer from now', { iat: undefined, exp: NOW - 30 + DAY + 1 }, 'lifetime_too_long'],
  ])('%s: %j is %s', (_, claims, expected) => expect(verdict(claims)).toBe(expected));

  it.each([[undefined], [null], ['1790000300'], [0], [-1], [NOW + 0.5], [2 ** 53], [[NOW + 300]]])(
    'never expires at %j',
    (exp) => expect(verdict({ exp })).toBe('expiry_missing'),
  );

  it.each([[null], ['1'], [1.5], [-1], [{}]])('has no other time at %j', (time) => {
    expect(verdict({ iat: time })).toBe('times_malformed');
    expect(verdict({ nbf: time })).toBe('times_malformed');
  });

  it('counts parts of a second', () => {
    const claims = { iat: NOW - 300, exp: NOW - 30 };
    expect(verdict(claims, validatorWith('require', NOW - 0.5))).toBe('nanovest');
  });
});

describe('a token is for the one business unit', () => {
  const both = ['nanovest', 'siminvest'];

  it.each<[string, object, string]>([
    ['in its audience', { aud: ['account', 'nanovest', 'nanovest'] }, 'nanovest'],
    ['that it was issued to, of several', { aud: both, azp: 'siminvest' }, 'siminvest'],
    ['whose app it was issued to', { aud: both, azp: 'nanovest-web' }, 'nanovest'],
    ['that shares an app, if no other is meant', { azp: 'shared-app' }, 'nanovest'],
    ['but none where both share the app', { aud: both, azp: 'shared-app' }, 'audience_ambiguous'],
    ['but none without an audience', { aud: undefined }, 'audience_malformed'],
    ['but none with an empty one', { aud: '' }, 'audience_malformed'],
    ['but none with no text in it', { aud: ['nanovest', 5] }, 'audience_malformed'],
    ['but none with an empty list', { aud: [] }, 'audience_malformed'],
    ['but none of another gateway', { aud: 'account' }, 'audience_wrong'],
    ['but not of another one’s client', { azp: 'siminvest' }, 'party_wrong'],
    ['but not of no client', { azp: ['nanovest'] }, 'party_wrong'],
    ['but not of nobody', { azp: undefined }, 'party_missing'],
    ['but none of both', { aud: both, azp: undefined }, 'audience_ambiguous'],
  ])('%s: %j is %s', (_, claims, expected) => expect(verdict(claims)).toBe(expected));

  it('whoever it was issued to, where that need not be said', () => {
    const lenient = validatorWith('optional');
    expect(verdict({ azp: undefined }, lenient)).toBe('nanovest');
    expect(verdict({ azp: undefined, aud: both }, lenient)).toBe('audience_ambiguous');
    expect(verdict({ azp: 'siminvest' }, lenient)).toBe('party_wrong');
  });
});

describe('a token', () => {
  it.each<[string, object, string]>([
    ['of another issuer', { iss: `${ISSUER}/` }, 'issuer_wrong'],
    ['without one', { iss: undefined }, 'issuer_wrong'],
    ['that is an ID token', { typ: 'ID' }, 'type_not_access'],
    ['of a program', { preferred_username: 'service-account-nanovest' }, 'service_account'],
    ['of nobody', { sub: undefined }, 'subject_missing'],
    ['of a blank', { sub: ' \t' }, 'subject_missing'],
    ['of a list', { sub: ['subject-1'] }, 'subject_missing'],
    ['of too long a name', { sub: 'x'.repeat(256) }, 'subject_missing'],
    ['of a long name', { sub: 'x'.repeat(255) }, 'nanovest'],
  ])('%s: %j is %s', (_, claims, expected) => expect(verdict(claims)).toBe(expected));

  it('that breaks several rules is refused for the first: issuer, kind, times, audience, person', () => {
    const all = {
      iss: 'x',
      typ: 'ID',
      exp: 0,
      aud: 'account',
      sub: '',
      preferred_username: 'service-account-x',
    };
    const { iss, typ, exp, aud, sub } = GOOD;
    const mended = [{}, { iss }, { typ }, { exp }, { aud }, { sub }];
    const reasons = mended.map((_, index) =>
      verdict(Object.assign({}, all, ...mended.slice(0, index + 1)) as object),
    );
    expect(reasons).toEqual([
      ...['issuer_wrong', 'type_not_access', 'expiry_missing', 'audience_wrong', 'subject_missing'],
      'service_account',
    ]);
  });
});

describe('an operator is told of each rule', () => {
  const { rules } = validatorWith();

  it('which claims it is about, in the order in which they are judged', () => {
    expect(rules.map(({ about }) => about.join(', '))).toEqual([
      ...['iss', 'typ', 'exp', 'nbf, iat', 'exp', 'nbf', 'iat', 'iat, exp', 'iat, exp'],
      ...['aud, azp', 'sub', 'sub, preferred_username'],
    ]);
  });

  it('and what is wanted: the issuer, the clock’s skew, the units and their clients by name', () => {
    const wanted = rules.map((rule) => rule.wanted);
    expect(wanted.every((text) => text.length >= 10)).toBe(true);
    const all = wanted.join('\n');
    for (const part of [
      ISSUER,
      'nanovest (nanovest, nanovest-web, shared-app); siminvest (',
      '30 s',
      '24 hours',
    ])
      expect(all).toContain(part);
  });

  it('nothing of a claim that another rule refuses: a time that is none neither passed nor is to come', () => {
    const claims = { ...GOOD, exp: 'never', nbf: 'soon', iat: 'once' };
    const reasonsOf = (given: object) =>
      rules.flatMap(({ brokenBy }) => brokenBy({ ...claims, ...given }, NOW) ?? []);
    expect(reasonsOf({})).toEqual(['expiry_missing', 'times_malformed']);
    expect(reasonsOf({ exp: '1', nbf: NOW, iat: NOW })).toEqual(['expiry_missing']);
  });
});
