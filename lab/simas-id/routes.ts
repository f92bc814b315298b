import type { FastifyInstance, FastifyReply } from 'fastify';
import { reasonOf } from '../gateway-link';
import type { PageLink } from '../html';
import type { TokenRequest } from './access-token';
import type { SimasIdLab } from './simas-id-lab';
import type { KeyRing } from './key-ring';
import { GatewayNotConnected, type OtpRequest } from './otp-sender';
import { simasIdPage } from './page';

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

/** What a person at the lab uses instead of the SIMAS-ID app. */
export function labRoutes(
  app: FastifyInstance,
  lab: SimasIdLab,
  units: readonly string[],
  links: () => readonly PageLink[],
): void {
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(simasIdPage(units, links())));

  app.post<{ Body: Partial<TokenRequest> | null }>('/lab/tokens', ({ body }, reply) => {
    const { unit, phoneNumber } = body ?? {};
    if (unit === undefined || !units.includes(unit) || typeof phoneNumber !== 'string') {
      return reply
        .code(400)
        .send({ message: `unit (one of ${units.join(', ')}) and phoneNumber are needed` });
    }
    const accessToken = lab.mintToken({ ...body, unit, phoneNumber });
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
      exp?: number;
      iat?: number;
    };
    return { accessToken, tokenType: 'Bearer', expiresIn: (claims.exp ?? 0) - (claims.iat ?? 0), claims };
  });

  app.post<{ Body: Partial<OtpRequest> | null }>('/lab/otp', async ({ body }, reply) => {
    const { unit, identifier, channel, otp } = body ?? {};
    if (typeof unit !== 'string' || typeof identifier !== 'string' || typeof channel !== 'string') {
      return reply.code(400).send({ message: 'unit, identifier and channel are needed' });
    }
    try {
      const request = { unit, identifier, channel, ...(otp === undefined ? {} : { otp }) };
      const { status, body: answer, durationMs } = await lab.sendOtp(request);
      return { status, body: answer, durationMs };
    } catch (error) {
      return reply.code(error instanceof GatewayNotConnected ? 409 : 502).send({ message: reasonOf(error) });
    }
  });

  app.post<{ Body: { keepOld?: boolean } | null }>('/lab/rotate-key', async ({ body }) => {
    await lab.rotateKey({ keepOld: body?.keepOld ?? true });
    return { kid: lab.currentKid() };
  });

  app.post<{ Body: { sub?: string } | null }>('/lab/revoke', ({ body }, reply) => {
    if (typeof body?.sub !== 'string') return reply.code(400).send({ message: 'sub is needed' });
    lab.revoke(body.sub);
    return { revoked: body.sub };
  });
}

/** Keycloak writes the reason into the challenge (since 19.0.2), not into the body. */
function refuse(reply: FastifyReply, status: number, error?: string, description?: string): FastifyReply {
  const reason = error === undefined ? '' : `, error="${error}", error_description="${description ?? ''}"`;
  return reply.code(status).header('www-authenticate', `Bearer realm="simas-id"${reason}`).send();
}
