import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { accessTokenClaims, type TokenRequest } from './access-token';
import type { Realm } from './realm';

const REFRESH_SECONDS = 1800;

type Form = Readonly<Record<string, string | undefined>>;

/** Who logged in. */
type Person = Required<Pick<TokenRequest, 'unit' | 'phoneNumber' | 'name' | 'officer'>>;

interface Session {
  readonly sid: string;
  readonly scope: string;
}

/** What a code stands for until its client exchanges it. */
export interface Grant {
  readonly person: Person;
  readonly session: Session;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | undefined;
  readonly expiresAtMs: number;
}

/** The token endpoint for public clients: a code or a refresh token against tokens (RFC 6749 §4.1.3, §6). */
export function tokenRoutes(
  app: FastifyInstance,
  path: string,
  realm: Realm,
  codes: Map<string, Grant>,
): void {
  app.post<{ Body: Form | null }>(path, ({ body }, reply) => {
    const form = body ?? {};
    void reply.header('cache-control', 'no-store');
    const unit = form['client_id'] ?? '';
    if (!realm.units.includes(unit)) return refuse(reply, 401, 'invalid_client', 'Invalid client');
    switch (form['grant_type']) {
      case 'authorization_code': {
        const grant = exchanged(form);
        return grant === undefined
          ? refuse(reply, 400, 'invalid_grant', 'Code not valid')
          : tokens(grant.person, grant.session, grant.nonce);
      }
      case 'refresh_token': {
        const refreshed = refreshable(form['refresh_token'] ?? '', unit);
        return refreshed === undefined
          ? refuse(reply, 400, 'invalid_grant', 'Invalid refresh token')
          : tokens(refreshed.person, refreshed.session);
      }
      default:
        return refuse(reply, 400, 'unsupported_grant_type', 'Unsupported grant_type');
    }
  });

  /** A code works once, whatever comes of it. */
  function exchanged(form: Form): Grant | undefined {
    const code = form['code'] ?? '';
    const grant = codes.get(code);
    codes.delete(code);
    const challenge = createHash('sha256')
      .update(form['code_verifier'] ?? '')
      .digest('base64url');
    const fits =
      grant?.person.unit === form['client_id'] &&
      grant?.redirectUri === form['redirect_uri'] &&
      grant?.challenge === challenge &&
      grant.expiresAtMs > realm.now().getTime();
    return fits ? grant : undefined;
  }

  function refreshable(token: string, unit: string): Pick<Grant, 'person' | 'session'> | undefined {
    const claims = realm.keys.verify(token);
    if (claims?.['typ'] !== 'Refresh' || claims['azp'] !== unit || realm.isEnded(claims)) return undefined;
    if (Number(claims['exp']) * 1000 <= realm.now().getTime()) return undefined;
    return claims as unknown as Pick<Grant, 'person' | 'session'>;
  }

  function tokens(person: Person, session: Session, nonce?: string): Record<string, unknown> {
    const claims = accessTokenClaims({ ...person, overrides: { ...session } }, realm.issuer(), realm.now());
    const { iss, sub, iat, exp, sid, azp } = claims;
    const { preferred_username, given_name, family_name, name, email_verified } = claims;
    const identity = { preferred_username, given_name, family_name, name, email_verified };
    const common = { iss, sub, iat, exp, sid, azp };
    const refresh = { ...common, exp: Number(iat) + REFRESH_SECONDS, aud: iss, typ: 'Refresh' };
    const id = { ...common, ...identity, aud: person.unit, typ: 'ID', auth_time: iat, nonce };
    return {
      access_token: realm.keys.sign({}, claims),
      token_type: 'Bearer',
      expires_in: Number(exp) - Number(iat),
      refresh_token: realm.keys.sign({}, { ...refresh, person, session }),
      refresh_expires_in: REFRESH_SECONDS,
      ...(session.scope.includes('openid') ? { id_token: realm.keys.sign({}, id) } : {}),
      session_state: sid,
      scope: session.scope,
    };
  }
}

function refuse(reply: FastifyReply, status: number, error: string, description: string): FastifyReply {
  return reply.code(status).send({ error, error_description: description });
}
