import { Injectable } from '@nestjs/common';
import { invalidRequest } from '../../platform/errors';
import { outcomeOfTwilioCode, readStatusCallback } from '../channels/receipt-words';
import { ApplyReceipt } from './apply-receipt.service';
import { asDeliveryId, type ReceiptStatus } from './receipt';

/** Twilio's words that say something new; `queued`, `sending` and the like do not. */
const STATUSES: ReadonlyMap<string, ReceiptStatus> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
]);
/** "Unknown error": Twilio's own word for a failure without a reason. */
const NO_REASON = 30008;

/** Delivery receipts of SMS. */
@Injectable()
export class SmsReceipts {
  constructor(private readonly applyReceipt: ApplyReceipt) {}

  /**
   * @param body raw form, its signature checked
   * @param deliveryId what we appended to the callback's address
   */
  async receive(businessUnit: string, body: Buffer, deliveryId: unknown): Promise<void> {
    const callback = readStatusCallback(new URLSearchParams(body.toString('utf8')));
    if (callback === undefined) throw invalidRequest('This is no status callback.');
    const { messageId, status, errorCode } = callback;
    const known = STATUSES.get(status);
    if (known === undefined) return;
    await this.applyReceipt.apply(businessUnit, {
      provider: 'twilio',
      messageId,
      deliveryId: asDeliveryId(typeof deliveryId === 'string' ? deliveryId : undefined),
      status: known,
      outcome: outcomeOfTwilioCode(errorCode ?? NO_REASON),
      errorCode: errorCode?.toString(),
    });
  }
}
