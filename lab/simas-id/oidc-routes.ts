import type { FastifyInstance, FastifyReply } from 'fastify';
import type { KeyRing } from './key-ring';

interface Realm {
  readonly keys: KeyRing;
  readonly issuer: () => string;
  readonly now: () => Date;
  /** Subjects whose sessions were ended. */
  readonly revoked: readonly string[];
}

/** What business units call: the key set and userinfo. */
export function oidcRoutes(app: FastifyInstance, realm: Realm): void {
  app.get('/v1/oidc/certs', (_request, reply) => {
    void reply.header('cache-control', 'no-cache');
    return realm.keys.jwks();
  });

  app.get('/v1/oidc/userinfo', ({ headers }, reply) => {
    const token = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) return refuse(reply, 401);
    const claims = realm.keys.verify(token);
    if (claims === undefined || claims['iss'] !== realm.issuer() || claims['typ'] !== 'Bearer') {
      return refuse(reply, 401, 'invalid_token', 'Token verification failed');
    }
    if (typeof claims['exp'] !== 'number' || claims['exp'] * 1000 <= realm.now().getTime()) {
      return refuse(reply, 401, 'invalid_token', 'Token verification failed');
    }
    if (typeof claims['sub'] !== 'string' || realm.revoked.includes(claims['sub'])) {
      return refuse(
        reply,
        401,
        'invalid_token',
        "User session not found or doesn't have client attached on it",
      );
    }
    if (!String(claims['scope']).split(' ').includes('openid')) {
      return refuse(reply, 403, 'insufficient_scope', 'Missing openid scope');
    }
    const { sub, email_verified, preferred_username, given_name, family_name } = claims;
    const timestamp = realm
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
    return { sub, email_verified, preferred_username, given_name, family_name, timestamp };
  });
}

/** Keycloak writes the reason into the challenge (since 19.0.2), not into the body. */
function refuse(reply: FastifyReply, status: number, error?: string, description?: string): FastifyReply {
  const reason = error === undefined ? '' : `, error="${error}", error_description="${description ?? ''}"`;
  return reply.code(status).header('www-authenticate', `Bearer realm="simas-id"${reason}`).send();
}
