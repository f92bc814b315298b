import { z } from 'zod';
import { invalidRequest } from '../../../platform/errors';
import { refusalOf, refusalOfStatus } from '../http-message';
import { MESSAGE_ID, type Outcome, type SendResult } from '../otp-provider';
import { asDeliveryId, type Receipt, type ReceiptStatus } from '../receipt';

const taken = z.object({ sid: z.string().regex(MESSAGE_ID) });
const refused = z.object({ code: z.number().int() });

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

/** What a code of Twilio's means; an unknown one needs an operator, unless the status says "later". */
function outcomeOfTwilioCode(code: number): Outcome {
  return refusalOf(code, TWILIO_OUTCOMES).outcome;
}

/** What Twilio's answer to a message means. */
export function readAnswer(httpStatus: number, body: unknown): SendResult {
  if (httpStatus >= 200 && httpStatus < 300) {
    const answer = taken.safeParse(body);
    return answer.success ? { outcome: 'accepted', messageId: answer.data.sid } : { outcome: 'unknown' };
  }
  const refusal = refused.safeParse(body);
  if (refusal.success) {
    const { code } = refusal.data;
    return { ...refusalOf(code, TWILIO_OUTCOMES, httpStatus), errorCode: String(code) };
  }
  return { ...refusalOfStatus(httpStatus), errorCode: `http_${httpStatus}` };
}

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
  const outcome = outcomeOfTwilioCode(errorCode ?? NO_REASON);
  const about = { messageId, deliveryId: asDeliveryId(deliveryId) };
  return [{ provider: 'twilio', ...about, status, outcome, errorCode: errorCode?.toString() }];
}
