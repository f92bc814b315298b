import { Injectable } from '@nestjs/common';
import { GatewayError } from '../../platform/errors';
import {
  hostOf,
  jsonOf,
  type PartnerHttpClient,
  PartnerHttpClients,
  PartnerError,
  type PartnerResponse,
  retryAfterSeconds,
} from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import type { UserCaller } from '../caller';
import { SimasIdAddresses } from '../simas-id-addresses';
import { isServiceAccount, nameIn, phoneNumberIn } from '../token/person';
import { TokenRefused } from '../token/token-refused';
import { refusalWire, userinfoWire } from './userinfo.wire';

const WITHIN_MS = 2_000;
const LARGEST_ANSWER_BYTES = 64 * 1024;

/** What is known of a token before SIMAS-ID is asked: its signature holds by a key at hand, or nothing but its claims. */
export type TrustLevel = 'signature-holds' | 'claims-only';

/** A burst of officers is served in turn, not turned away (satusehat-api.client.ts). */
const PROVEN_LIMITS = { maxConcurrent: 20, maxWaiting: 400 };
/** Anybody can make up claims: such tokens may keep each other waiting, never a person's whose signature holds. */
const CLAIMED_LIMITS = { maxConcurrent: 5, maxWaiting: 5 };

/** The person a token belongs to, as SIMAS-ID itself says. */
export interface Userinfo {
  readonly subject: string;
  readonly phoneNumber: string | null;
  readonly name: string | null;
}

/** Asks SIMAS-ID whose a token is. Only SIMAS-ID knows of log-outs and revocations (simas-id.md §5.2). */
@Injectable()
export class UserinfoClient {
  readonly #url: string;
  readonly #http: Readonly<Record<TrustLevel, PartnerHttpClient>>;

  constructor(
    addresses: SimasIdAddresses,
    httpClients: PartnerHttpClients,
    private readonly clock: Clock,
  ) {
    this.#url = addresses.userinfo;
    const options = {
      partner: 'simas-id',
      check: 'simas-id',
      hosts: [hostOf(this.#url)],
      timeoutMs: WITHIN_MS,
      maxResponseBytes: LARGEST_ANSWER_BYTES,
    } as const;
    this.#http = {
      'signature-holds': httpClients.create({ ...options, ...PROVEN_LIMITS }),
      'claims-only': httpClients.create({ ...options, ...CLAIMED_LIMITS }),
    };
  }

  /**
   * @throws TokenRefused when SIMAS-ID refuses the token; GatewayError 403 when the token lacks the scope `openid`;
   * PartnerError when SIMAS-ID gives no usable answer
   */
  async ask(token: string, claimed: UserCaller, trust: TrustLevel, deadline: Deadline): Promise<Userinfo> {
    const { businessUnit, subject } = claimed;
    const answer = await this.#http[trust].send({
      operation: 'userinfo',
      // Claims that nothing proves say nothing about whose share it is.
      ...(trust === 'claims-only' ? {} : { origin: { businessUnit, person: subject } }),
      method: 'GET',
      url: this.#url,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      deadline,
      repeatable: true,
    });
    if (answer.status === 200) return person(answer);
    throw this.#refusal(answer);
  }

  #refusal(answer: PartnerResponse): Error {
    const { status, headers } = answer;
    if ((status === 401 || status === 403) && !isAboutToken(answer))
      return new PartnerError('simas-id', 'userinfo', 'error', { answer });
    if (status === 401) return new TokenRefused('refused_by_simas_id');
    if (status === 403)
      return new GatewayError(403, 'insufficient_scope', 'The access token lacks the scope `openid`.', {
        headers: {
          'www-authenticate': 'Bearer realm="kyc-gateway", error="insufficient_scope", scope="openid"',
        },
      });
    if (status === 429)
      return new PartnerError('simas-id', 'userinfo', 'unavailable', {
        answer,
        retryAfterSeconds: retryAfterSeconds(headers, this.clock.now()),
      });
    return new PartnerError('simas-id', 'userinfo', 'error', { answer });
  }
}

/**
 * Keycloak gives its reasons in the challenge, before 19.0.2 in the body (simas-id.md §3.2); a page, a sentence or other JSON comes from
 * something in between, which knows nothing of the token.
 */
function isAboutToken({ headers, body }: PartnerResponse): boolean {
  const challenge = headers['www-authenticate'] ?? '';
  return /\bbearer\b/i.test(challenge) || body.length === 0 || refusalWire.safeParse(jsonOf(body)).success;
}

function person(answer: PartnerResponse): Userinfo {
  const { data } = userinfoWire.safeParse(jsonOf(answer.body));
  if (data === undefined) throw new PartnerError('simas-id', 'userinfo', 'error', { answer });
  if (isServiceAccount(data)) throw new TokenRefused('service_account');
  return { subject: data.sub, phoneNumber: phoneNumberIn(data), name: nameIn(data) };
}
