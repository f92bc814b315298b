import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  Authenticator,
  FailedCredentials,
  type PartnerCaller,
  type ProofDocumentation,
  TOO_MANY_FAILURES,
} from '../../../auth';
import { isUnitName } from '../../../business-units';
import { equalInConstantTime } from '../../../platform/crypto';
import { GatewayError, notFound } from '../../../platform/errors';
import { unitOf } from '../receipts';
import { type WhatsappSettings, whatsappSettings } from './whatsapp.settings';

/**
 * Meta proves its subscription with the verify token the unit chose, in the query (otp-channels.md §1). A unit that is not known or
 * has no WhatsApp is refused like a wrong token: strangers learn no unit's name.
 */
@Injectable()
export class WhatsappVerifyToken extends Authenticator<PartnerCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: null,
    refusals: [
      [403, 'forbidden', "the verify token is not the unit's"],
      [404, 'not_found', 'no business unit can have this name'],
      TOO_MANY_FAILURES,
    ],
  };

  readonly challenge = null;

  constructor(
    @Inject(whatsappSettings.token) private readonly settings: WhatsappSettings,
    private readonly failures: FailedCredentials,
  ) {
    super();
  }

  override presented(): boolean {
    return true;
  }

  override authenticate(request: FastifyRequest): PartnerCaller | Promise<never> {
    const businessUnit = unitOf(request);
    if (!isUnitName(businessUnit)) throw notFound();
    const account = this.settings.forUnit(businessUnit);
    const { 'hub.verify_token': token } = request.query as Readonly<Record<string, unknown>>;
    const right = account?.WHATSAPP_VERIFY_TOKEN.reveal() ?? '';
    if (typeof token === 'string' && equalInConstantTime(token, right) && account !== null)
      return { kind: 'partner', businessUnit, partner: 'whatsapp' };
    const failure = {
      credential: 'whatsapp-verify-token',
      reason: account === null ? 'unit_without_provider' : 'verify_token_wrong',
      answer: new GatewayError(403, 'forbidden', 'This is not the verify token.'),
    };
    return this.failures.refusal(request, failure).then((refusal) => Promise.reject(refusal));
  }
}

export const CHALLENGE = /^[\w.-]{1,128}$/;

/**
 * Answers Meta's subscription challenge, whose verify token holds.
 * @throws GatewayError 403 for what is no subscription
 */
export function answerChallenge(query: Readonly<Record<string, unknown>>): string {
  const { 'hub.mode': mode, 'hub.challenge': challenge } = query;
  if (mode !== 'subscribe' || typeof challenge !== 'string' || !CHALLENGE.test(challenge))
    throw new GatewayError(403, 'forbidden', 'This is no subscription.');
  return challenge;
}
