import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Snapshot } from '../snapshot';
import type { GtfState, PartnerUser } from './state';

export type TokenAudience = 'coe-partner' | 'esign-partner' | 'coe-user' | 'sdk';

/** What a token says: a business unit, and for user tokens the person it is scoped to (gtf.md §2). */
export type TokenClaims = Pick<PartnerUser, 'unit'> & Partial<PartnerUser>;

/** Real JWTs under the lab's own key, with audience and expiry. */
export class TokenSigner {
  constructor(
    private readonly state: Snapshot<GtfState>,
    private readonly now: () => Date,
  ) {}

  sign(audience: TokenAudience, claims: TokenClaims, lifetimeSeconds: number): string {
    const iat = Math.floor(this.now().getTime() / 1000);
    const payload = {
      iss: 'onekyc-token',
      aud: audience,
      iat,
      exp: iat + lifetimeSeconds,
      jti: randomUUID(),
      ...claims,
    };
    const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid: 'lab' })}.${encode(payload)}`;
    return `${signed}.${this.#signature(signed)}`;
  }

  /** The claims of a genuine, living token for one of the audiences; undefined for anything else. */
  verify(token: string, audiences: readonly TokenAudience[]): TokenClaims | undefined {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const expected = Buffer.from(this.#signature(`${header}.${payload}`));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as TokenClaims & {
      aud: TokenAudience;
      exp: number;
    };
    const alive = claims.exp * 1000 > this.now().getTime();
    return alive && audiences.includes(claims.aud) ? claims : undefined;
  }

  #signature(text: string): string {
    return createHmac('sha256', this.state.value.signingSecret).update(text).digest('base64url');
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
