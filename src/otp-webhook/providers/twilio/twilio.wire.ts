import { z } from 'zod';
import { invalidRequest } from '../../../platform/errors';
import { answerReader, refusalOf } from '../http-api';
import { MESSAGE_ID, type Outcome } from '../otp-provider';
import { asDeliveryId, type Receipt, type ReceiptStatus } from '../receipts';

/** Twilio's codes (otp-channels.md §4), of refusals and of status callbacks alike. */
export const TWILIO_OUTCOMES: Readonly<Record<number, Outcome>> = {
  20003: 'setup',
  20404: 'setup',
  20429: 'transient',
  21211: 'recipient',
  21408: 'setup',
  21606: 'setup',
  21610: 'recipient',
  21614: 'recipient',
  30001: 'transient',
  30003: 'recipient',
  30004: 'recipient',
  30005: 'recipient',
  30006: 'recipient',
  30007: 'spam',
  30008: 'transient',
  30036: 'transient',
};

const taken = z
  .object({ sid: z.string().regex(MESSAGE_ID) })
  .transform(({ sid: messageId }) => ({ messageId }));
const refused = z.object({ code: z.number().int() });

/** What Twilio's answer to a message means. */
export const readAnswer = answerReader({
  taken: (body) => taken.safeParse(body).data,
  code: (body) => refused.safeParse(body).data?.code,
  outcomes: TWILIO_OUTCOMES,
});

/** A status callback in Twilio's words. */
const callback = z.object({
  MessageSid: z.string().regex(MESSAGE_ID),
  MessageStatus: z.string(),
  ErrorCode: z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number)
    .optional()
    .catch(undefined),
});

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

/**
 * What a status callback reports: nothing where it says nothing new.
 * @param body the raw form
 * @param deliveryId what we appended to the callback's address
 * @throws GatewayError 400 when the form is no status callback
 */
export function readReceipts(body: Buffer, deliveryId: unknown): readonly Receipt[] {
  const form = callback.safeParse(Object.fromEntries(new URLSearchParams(body.toString('utf8'))));
  if (!form.success) throw invalidRequest('This is no status callback.');
  const { MessageSid: messageId, MessageStatus: word, ErrorCode: errorCode } = form.data;
  const status = STATUSES.get(word);
  if (status === undefined) return [];
  const { outcome } = refusalOf(errorCode ?? NO_REASON, TWILIO_OUTCOMES);
  const about = { messageId, deliveryId: asDeliveryId(deliveryId) };
  return [{ provider: 'twilio', ...about, status, outcome, errorCode: errorCode?.toString() }];
}
