import type { FastifyRequest } from 'fastify';
import type { BusinessUnit } from '../../business-units';
import { base64url } from '../simas-id.fixture';
import { rolesOf, sessionOf } from './token-claims';

/** With a token that says this; it was verified before. */
function requestWith(claims: object): FastifyRequest {
  const token = [base64url({ alg: 'RS256', kid: 'k' }), base64url(claims), 'AA'].join('.');
  return { headers: { authorization: `Bearer ${token}` } } as FastifyRequest;
}

describe('the session of a person', () => {
  const verifiedEmail = (claims: object): string | null => sessionOf(requestWith(claims)).verifiedEmail;
  const reference = (claims: object): string | null => sessionOf(requestWith(claims)).reference;

  it('has the e-mail address that SIMAS-ID verified, and no other', () => {
    const email = 'budi@example.org';
    expect(verifiedEmail({ email, email_verified: true })).toBe(email);
    for (const verified of [undefined, false, 'true', 1])
      expect(verifiedEmail({ email, email_verified: verified })).toBeNull();
    for (const other of [undefined, 'budi', 5])
      expect(verifiedEmail({ email: other, email_verified: true })).toBeNull();
  });

  it('is found again by `sid`, else by `jti`, else not at all', () => {
    expect(reference({ sid: 's-1', jti: 'j-1' })).toBe('s-1');
    expect(reference({ jti: 'j-1' })).toBe('j-1');
    expect(reference({})).toBeNull();
  });

  it.each([[''], ['a b'], ['é'], ['aé'], ['éa'], ['a\n'], ['x'.repeat(201)], [5], [['s']], [null]])(
    'is not found by %j, which is no reference',
    (sid) => {
      expect(reference({ sid, jti: '!~'.repeat(100) })).toBe('!~'.repeat(100));
      expect(reference({ sid, jti: sid })).toBeNull();
    },
  );
});

describe('the roles of an officer', () => {
  const UNIT = { authorizedParties: new Set(['nanovest', 'nanovest-web']) } as unknown as BusinessUnit;
  const roles = (claims: object): string[] => [...rolesOf(requestWith(claims), UNIT)].sort();

  it('are the realm’s, and those of the unit’s own clients alone', () => {
    const claims = {
      realm_access: { roles: ['realm'] },
      resource_access: {
        nanovest: { roles: ['own'] },
        'nanovest-web': { roles: ['app', 'realm'] },
        siminvest: { roles: ['another-unit'] },
        account: { roles: ['nobody'] },
      },
    };
    expect(roles(claims)).toEqual(['app', 'own', 'realm']);
  });

  it.each([[undefined], [null], ['officer'], [5], [[]], [{}], [{ roles: 'officer' }], [{ roles: null }]])(
    'are none where %j stands in their place',
    (access) => {
      expect(roles({ realm_access: access, resource_access: { nanovest: access } })).toEqual([]);
      expect(roles({ resource_access: access })).toEqual([]);
    },
  );

  it('are texts; what else stands among them is passed over', () => {
    expect(roles({ realm_access: { roles: ['officer', 5, null, ['admin']] } })).toEqual(['officer']);
  });
});
