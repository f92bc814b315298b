import fc from 'fast-check';
import passport from 'passport';
import type { JwksCache } from '../keys/jwks-cache';
import { realmKey, signed } from '../simas-id.fixture';
import { parseAccessToken, type TokenClaims } from './access-token';
import { AccessTokenStrategy } from './access-token.strategy';
import type { ClaimsValidator } from './claims-validator';

const key = realmKey();
const keys = { current: () => key.publicKey } as unknown as JwksCache;

describe('the claims of a token whose signature holds', () => {
  it('are validated as the strict reading had them, whatever they are', async () => {
    const typ = fc.constantFrom(undefined, 'JWT', 'at+jwt');
    const claims = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(typ, claims, async (type, written) => {
        const raw = signed({ alg: 'RS256', typ: type, kid: 'k' }, written, key);
        expect(await validated(raw)).toEqual(parseAccessToken(raw).claims);
      }),
    );
  });
});

/** What passport-jwt gives to `validate`. */
function validated(raw: string): Promise<TokenClaims> {
  return new Promise((resolve, reject) => {
    const validate = (claims: TokenClaims): object => {
      resolve(claims);
      return {};
    };
    const strategy = new AccessTokenStrategy(keys, { validate } as unknown as ClaimsValidator);
    const middleware = new passport.Passport()
      .use(strategy)
      .authenticate('jwt', { session: false }, (error: Error | null, caller: unknown, refusal: Error) => {
        if (!caller) reject(error ?? refusal);
      }) as (request: object, reply: undefined, next: (error: unknown) => void) => void;
    middleware(parseAccessToken(raw), undefined, reject);
  });
}
