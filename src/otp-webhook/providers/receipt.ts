import type { Outcome } from './otp-provider';

/** What a provider reports of a message, later. */
export interface Receipt {
  /** The provider's name in the registry. */
  readonly provider: string;
  readonly messageId: string;
  /** The delivery it names, when the provider hands back what we sent along. */
  readonly deliveryId: string | undefined;
  readonly status: ReceiptStatus;
  /** Of a failure: what the provider's code means, and the code. */
  readonly outcome: Outcome;
  readonly errorCode: string | undefined;
}

/** Forward only, in this order: a message that failed on one device and arrived on another has arrived. */
export const RECEIPT_STATUSES = ['sent', 'failed', 'delivered', 'read'] as const;
export type ReceiptStatus = (typeof RECEIPT_STATUSES)[number];

/** Takes the receipts that providers' routes have read. */
export abstract class Receipts {
  /**
   * Applies each receipt on its own: where one cannot be applied, the others are, and the provider sends all of them again.
   * Repeated, reordered, foreign or unknown receipts change nothing that was known better.
   */
  abstract apply(businessUnit: string, receipts: readonly Receipt[]): Promise<void>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The text when it may be one of our ids. */
export function asDeliveryId(text: unknown): string | undefined {
  return typeof text === 'string' && UUID.test(text) ? text : undefined;
}
