import { Injectable } from '@nestjs/common';
import { Log } from '../../platform/logging';
import { PartnerError } from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import type { SatusehatAccount } from '../satusehat.settings';
import { failure, PARTNER } from './refusal';
import { SatusehatDoor } from './satusehat.door';
import { accessTokenWire, parsedJson, readAnswer } from './satusehat.wire';

interface AccessToken {
  readonly value: string;
  /** Milliseconds since the epoch. From then on the next caller starts a renewal, and still gets this token. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** Renewed this long before the end, or at half time if that is later. */
const RENEW_AHEAD_MS = 60_000;

/**
 * Each unit's access token (satusehat.md §2): kept for as long as `expires_in` says, renewed ahead while the old one still serves,
 * and never asked for twice at once.
 */
@Injectable()
export class AccessTokens {
  readonly #tokens = new Map<string, AccessToken>();
  readonly #renewals = new Map<string, Promise<string>>();

  constructor(
    private readonly door: SatusehatDoor,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** @throws PartnerError `error` when the credentials are refused, `timeout` when the deadline passes */
  async of(businessUnit: string, account: SatusehatAccount, deadline: Deadline): Promise<string> {
    const known = this.#tokens.get(businessUnit);
    const now = this.clock.now();
    if (known !== undefined && now < known.renewAt) return known.value;
    const renewal = this.#renewal(businessUnit, account);
    if (known === undefined || now >= known.expiresAt) return inTime(renewal, deadline);
    renewal.catch((error: unknown) => this.log.warn('renewing an access token failed', reason(error)));
    return known.value;
  }

  /** Forgets a token that was refused; a newer one stays. */
  drop(businessUnit: string, value: string): void {
    if (this.#tokens.get(businessUnit)?.value === value) this.#tokens.delete(businessUnit);
  }

  #renewal(businessUnit: string, account: SatusehatAccount): Promise<string> {
    const running = this.#renewals.get(businessUnit);
    if (running !== undefined) return running;
    const renewal = this.#renew(businessUnit, account).finally(() => this.#renewals.delete(businessUnit));
    this.#renewals.set(businessUnit, renewal);
    return renewal;
  }

  async #renew(businessUnit: string, account: SatusehatAccount): Promise<string> {
    const askedAt = this.clock.now();
    const response = await this.door.post(account, {
      operation: 'token',
      path: '/oauth2/v1/accesstoken?grant_type=client_credentials',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        client_id: account.SATUSEHAT_CLIENT_ID,
        client_secret: account.SATUSEHAT_CLIENT_SECRET.reveal(),
      }).toString(),
    });
    const body = response.body.toString('utf8');
    const token = accessTokenWire.safeParse(parsedJson(body));
    if (response.status >= 200 && response.status < 300 && token.success) {
      const { access_token: value, expires_in: seconds } = token.data;
      const expiresAt = askedAt + seconds * 1000;
      const renewAt = expiresAt - Math.min(RENEW_AHEAD_MS, (seconds * 1000) / 2);
      this.#tokens.set(businessUnit, { value, renewAt, expiresAt });
      return value;
    }
    throw this.#failed(businessUnit, failure('token', response, readAnswer(body)));
  }

  /** Credentials refused for good are 502 and an alarm (contract §6): the caller cannot do anything about them. */
  #failed(businessUnit: string, error: PartnerError): PartnerError {
    const { fault, httpStatus = 0, publicCode } = error;
    if (fault === 'unavailable' || fault === 'timeout') return error;
    if (httpStatus >= 400 && httpStatus < 500)
      this.log.alarm('SATUSEHAT refuses the credentials', { businessUnit, publicCode, httpStatus });
    return new PartnerError(PARTNER, 'token', 'error', { publicCode, httpStatus });
  }
}

/** A renewal serves several callers and runs on when one of them has no more time. */
async function inTime(renewal: Promise<string>, deadline: Deadline): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new PartnerError(PARTNER, 'token', 'timeout')), deadline.remaining());
  });
  try {
    return await Promise.race([renewal, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function reason(error: unknown): { readonly reason: string } {
  return { reason: error instanceof PartnerError ? error.code : 'unexpected' };
}
