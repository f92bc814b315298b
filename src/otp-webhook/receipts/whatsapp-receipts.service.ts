import { Injectable } from '@nestjs/common';
import { GatewayError, isDatabaseAway } from '../../platform/errors';
import { parseJson } from '../../platform/http';
import { type MetaStatus, outcomeOfMetaCode, readStatuses } from '../channels/receipt-words';
import { ApplyReceipt } from './apply-receipt.service';
import { asDeliveryId, type Receipt, type ReceiptStatus } from './receipt';

/** Meta's words that say something about a message; others are none of our business. */
const STATUSES: ReadonlyMap<string, ReceiptStatus> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['failed', 'failed'],
]);
const CHALLENGE = /^[\w.-]{1,128}$/;

/** Delivery receipts of WhatsApp. */
@Injectable()
export class WhatsappReceipts {
  constructor(private readonly applyReceipt: ApplyReceipt) {}

  /**
   * Applies each receipt on its own: where one cannot be applied, the others are, and Meta sends all of them again.
   * @param body raw JSON, its signature checked
   */
  async receive(businessUnit: string, body: Buffer): Promise<void> {
    const failures: unknown[] = [];
    for (const status of readStatuses(parseJson(body))) {
      const receipt = toReceipt(status);
      if (receipt === undefined) continue;
      try {
        await this.applyReceipt.apply(businessUnit, receipt);
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Answers Meta's subscription challenge, whose verify token holds.
   * @throws GatewayError 403 for what is no subscription
   */
  answerChallenge(query: Readonly<Record<string, unknown>>): string {
    const { 'hub.mode': mode, 'hub.challenge': challenge } = query;
    if (mode !== 'subscribe' || typeof challenge !== 'string' || !CHALLENGE.test(challenge))
      throw new GatewayError(403, 'forbidden', 'This is no subscription.');
    return challenge;
  }
}

function toReceipt({ messageId, status, opaque, errorCode }: MetaStatus): Receipt | undefined {
  const known = STATUSES.get(status);
  if (known === undefined) return undefined;
  return {
    provider: 'whatsapp',
    messageId,
    deliveryId: asDeliveryId(opaque),
    status: known,
    outcome: outcomeOfMetaCode(errorCode ?? 0),
    errorCode: errorCode?.toString(),
  };
}
