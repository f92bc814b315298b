import type { Outcome, ProviderName } from '../channels/otp-provider';

/** What a provider reports of a message, later. */
export interface Receipt {
  readonly provider: ProviderName;
  readonly messageId: string;
  /** The delivery it names, when the provider hands back what we sent along. */
  readonly deliveryId: string | undefined;
  readonly status: ReceiptStatus;
  /** Of a failure: what the provider's code means, and the code. */
  readonly outcome: Outcome;
  readonly errorCode: string | undefined;
}

/** Forward only, in this order: a message that failed on one device and arrived on another has arrived. */
export const RECEIPT_ORDER = ['sent', 'failed', 'delivered', 'read'] as const;
export type ReceiptStatus = (typeof RECEIPT_ORDER)[number];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The text when it may be one of our ids. */
export function asDeliveryId(text: string | undefined): string | undefined {
  return text !== undefined && UUID.test(text) ? text : undefined;
}
