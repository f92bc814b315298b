import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Authenticator, type PartnerCaller, type ProofDocumentation } from '../../../auth';
import { equalInConstantTime } from '../../../platform/crypto';
import { refuseReceipt } from '../signed-receipts';
import { type VerihubsAccount, type VerihubsSettings, verihubsSettings } from './verihubs.settings';

interface CallbackAddress {
  readonly businessUnit: string;
  readonly deliveryId: string;
  readonly token: string;
}

/**
 * Verihubs documents no signature on callbacks, so each address proves itself: its last part can only be made with the unit's callback
 * secret, and only for this one delivery. Everything stands in the path, because Verihubs appends a query of its own.
 */
@Injectable()
export class VerihubsCallback extends Authenticator<PartnerCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: null,
    refusals: [
      [401, 'unauthorized', "the token is not made with the unit's callback secret for this delivery"],
    ],
  };

  readonly challenge = null;

  constructor(@Inject(verihubsSettings.token) private readonly settings: VerihubsSettings) {
    super();
  }

  override presented(): boolean {
    return true;
  }

  override authenticate(request: FastifyRequest): PartnerCaller {
    const { businessUnit, deliveryId, token } = request.params as CallbackAddress;
    const account = this.settings.forUnit(businessUnit);
    if (account === null) throw refuseReceipt(request, 'unit_without_provider');
    if (!equalInConstantTime(token, tokenOf(account, businessUnit, deliveryId)))
      throw refuseReceipt(request, 'signature_wrong');
    return { kind: 'partner', businessUnit, partner: 'verihubs' };
  }
}

/** Where Verihubs reports what became of a delivery's message. */
export function callbackPath(account: VerihubsAccount, businessUnit: string, deliveryId: string): string {
  return `/v1/webhooks/verihubs/${businessUnit}/${deliveryId}/${tokenOf(account, businessUnit, deliveryId)}`;
}

function tokenOf(account: VerihubsAccount, businessUnit: string, deliveryId: string): string {
  const key = account.VERIHUBS_CALLBACK_SECRET.reveal();
  return createHmac('sha256', key).update(`${businessUnit}/${deliveryId}`).digest('base64url');
}
