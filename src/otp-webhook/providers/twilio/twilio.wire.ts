import { z } from 'zod';
import { invalidRequest } from '../../../platform/errors';
import { answerReader, outcomesByCode, refusalOf } from '../http-api';
import { MESSAGE_ID } from '../otp-provider';
import { asDeliveryId, type Receipt, type ReceiptStatus } from '../receipts';

/** Twilio's codes (otp-channels.md §4), of refusals and of status callbacks alike. */
export const TWILIO_OUTCOMES = outcomesByCode({
  transient: [20429, 30001, 30008, 30036],
  recipient: [21211, 21610, 21614, 30003, 30004, 30005, 30006],
  setup: [20003, 20404, 21408, 21606],
  spam: [30007],
});

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
