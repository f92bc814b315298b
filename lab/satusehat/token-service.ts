import { randomInt, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { labCredentials } from '../credentials';
import type { Snapshot } from '../snapshot';
import {
  ACCESS_TOKEN_EXPIRED,
  AUTHENTICATION_OUTCOME,
  INVALID_ACCESS_TOKEN,
  INVALID_CLIENT,
  RATE_LIMIT,
} from './error-catalogue';
import type { SatusehatState } from './state';

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LOCK_MS = 60_000;

/** What a test may change about tokens while the lab runs. */
export interface TokenBehaviour {
  /** Both were seen: 3599 in the documentation, 14399 recorded in production (§2). */
  expiresInSeconds: number;
  /** Which spelling an unknown token is refused with (§7). */
  invalidTokenSpelling: 'keymanagement' | 'oauth';
  /** One source notes one request a minute after a failed authentication (§2, assumed). */
  lockAfterFailure: boolean;
}

/** The OAuth2 token endpoint and the bearer check in front of the KYC service (§2, §7). */
export class TokenService {
  readonly #lockedUntil = new Map<string, number>();

  constructor(
    private readonly state: Snapshot<SatusehatState>,
    private readonly units: readonly string[],
    private readonly behaviour: TokenBehaviour,
    private readonly now: () => Date,
  ) {}

  register(app: FastifyInstance): void {
    app.post<{ Querystring: { grant_type?: string }; Body: string | undefined }>(
      '/oauth2/v1/accesstoken',
      (request, reply) => {
        const form = new URLSearchParams(request.body);
        const isForm = (request.headers['content-type'] ?? '').startsWith(
          'application/x-www-form-urlencoded',
        );
        const [clientId, clientSecret] = [form.get('client_id'), form.get('client_secret')];
        if (!isForm || !clientId || !clientSecret || request.query.grant_type !== 'client_credentials') {
          return reply.code(400).send(AUTHENTICATION_OUTCOME);
        }
        return this.#issue(clientId, clientSecret, reply);
      },
    );
  }

  /** The unit whose live token the request carries; otherwise answers 401 and returns undefined. */
  authenticate(request: FastifyRequest, reply: FastifyReply): string | undefined {
    const [, token = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    const known = this.state.value.accessTokens[token];
    if (known === undefined) {
      void reply.code(401).send(INVALID_ACCESS_TOKEN[this.behaviour.invalidTokenSpelling]);
      return undefined;
    }
    if (known.expiresAtMs <= this.now().getTime()) {
      void reply.code(401).send(ACCESS_TOKEN_EXPIRED);
      return undefined;
    }
    return known.unit;
  }

  revokeAll(): void {
    this.state.value.accessTokens = {};
    this.state.touch();
  }

  #issue(clientId: string, clientSecret: string, reply: FastifyReply): FastifyReply {
    const nowMs = this.now().getTime();
    if ((this.#lockedUntil.get(clientId) ?? 0) > nowMs) return reply.code(429).send(RATE_LIMIT);
    const unit = this.units.find((name) => {
      const expected = labCredentials(name).satusehat;
      return expected.clientId === clientId && expected.clientSecret === clientSecret;
    });
    if (unit === undefined) {
      if (this.behaviour.lockAfterFailure) this.#lockedUntil.set(clientId, nowMs + LOCK_MS);
      return reply.code(401).send(INVALID_CLIENT);
    }
    const seconds = this.behaviour.expiresInSeconds;
    const accessToken = opaqueToken();
    this.state.value.accessTokens[accessToken] = { unit, expiresAtMs: nowMs + seconds * 1000 };
    this.state.touch();
    return reply.send({
      refresh_token_expires_in: '0',
      api_product_list: '[api-sandbox]',
      api_product_list_json: ['api-sandbox'],
      organization_name: 'ihs-prod-1',
      'developer.email': `developer@${unit}.example`,
      token_type: 'BearerToken',
      issued_at: String(nowMs),
      client_id: clientId,
      access_token: accessToken,
      application_name: randomUUID(),
      scope: '',
      expires_in: String(seconds),
      refresh_count: '0',
      status: 'approved',
    });
  }
}

/** 28 alphanumerics, as in the samples (§2). */
function opaqueToken(): string {
  return Array.from({ length: 28 }, () => ALPHANUMERIC.charAt(randomInt(ALPHANUMERIC.length))).join('');
}
