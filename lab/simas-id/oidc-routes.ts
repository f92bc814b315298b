import type { FastifyInstance, FastifyReply } from 'fastify';
import { isLocal, logInRoutes } from './log-in-routes';
import type { Realm } from './realm';
import { tokenRoutes, type Grant } from './token-routes';

const REALM = '/realms/simas-id';
const PROTOCOL = `${REALM}/protocol/openid-connect`;

/** What business units and their front ends call: the key set and userinfo, and the log-in at Keycloak's paths. */
export function oidcRoutes(app: FastifyInstance, realm: Realm): void {
  const codes = new Map<string, Grant>();
  void app.register(
    (pages, _options, done) => {
      logInRoutes(pages, realm, codes);
      done();
    },
    { prefix: PROTOCOL },
  );
  void app.register((api, _options, done) => {
    allowLocalOrigins(api);
    api.get(`${REALM}/.well-known/openid-configuration`, () => discovery(realm.issuer()));
    tokenRoutes(api, `${PROTOCOL}/token`, realm, codes);
    sessionRoutes(api, realm);
    done();
  });
}

/** A developer's front end calls these from a page of its own. */
function allowLocalOrigins(api: FastifyInstance): void {
  api.addHook('onRequest', (request, reply, done) => {
    const { origin = '' } = request.headers;
    void reply.header('vary', 'origin');
    if (isLocal(origin)) void reply.header('access-control-allow-origin', origin);
    done();
  });
  api.options('*', (_request, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type',
      })
      .send(),
  );
}

/** OpenID Connect Discovery 1.0; RFC 8414 for what it does not name. */
function discovery(issuer: string): Record<string, unknown> {
  const at = (path: string): string => new URL(path, issuer).href;
  return {
    issuer,
    authorization_endpoint: at(`${PROTOCOL}/auth`),
    token_endpoint: at(`${PROTOCOL}/token`),
    end_session_endpoint: at(`${PROTOCOL}/logout`),
    userinfo_endpoint: at('/v1/oidc/userinfo'),
    jwks_uri: at('/v1/oidc/certs'),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['openid', 'profile', 'phone'],
    authorization_response_iss_parameter_supported: true,
  };
}

function sessionRoutes(api: FastifyInstance, realm: Realm): void {
  api.get('/v1/oidc/certs', (_request, reply) => {
    void reply.header('cache-control', 'no-cache');
    return realm.keys.jwks();
  });

  api.get('/v1/oidc/userinfo', ({ headers }, reply) => {
    const token = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) return refuse(reply, 401);
    const claims = realm.keys.verify(token);
    if (claims === undefined || claims['iss'] !== realm.issuer() || claims['typ'] !== 'Bearer') {
      return refuse(reply, 401, 'invalid_token', 'Token verification failed');
    }
    if (typeof claims['exp'] !== 'number' || claims['exp'] * 1000 <= realm.now().getTime()) {
      return refuse(reply, 401, 'invalid_token', 'Token verification failed');
    }
    if (realm.isEnded(claims)) {
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
