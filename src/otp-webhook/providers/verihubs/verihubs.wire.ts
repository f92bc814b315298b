import { z } from 'zod';
import { invalidRequest } from '../../../platform/errors';
import { answerReader, outcomesByCode } from '../http-api';
import { MESSAGE_ID, type OtpMessage } from '../otp-provider';
import { asDeliveryId, type Receipt, type ReceiptStatus } from '../receipts';

/** Stands in a template where Verihubs puts the code. */
export const CODE_MARK = '$OTP';

/**
 * Body of `POST /v2/otp/send` (otp-channels.md §2.4). `time_limit` is left out: it limits Verihubs' own check of the code, which the
 * gateway does not use.
 */
export function otpRequest({ to, code }: OtpMessage, template: string, callbackUrl: string): object {
  return { msisdn: to, otp: code, template, callback_url: callbackUrl };
}

const sessionId = z.string().regex(MESSAGE_ID);
const taken = z.object({ session_id: sessionId }).transform(({ session_id: messageId }) => ({ messageId }));

/** What Verihubs' answer to a message means. */
export const readAnswer = answerReader({
  taken: (body) => taken.safeParse(body).data,
  statuses: { 409: 'recipient' }, // "msisdn has been blocked"
});

/** The statuses of callbacks that are failures. */
export const VERIHUBS_OUTCOMES = outcomesByCode({
  transient: [5, 6],
  recipient: [4, 7, 9],
});

/** 0 requested, 1 delivered, 8 handed to the operator without a report. Verified (2) and not verified (3) say nothing about delivery. */
const STATUSES: ReadonlyMap<string, ReceiptStatus> = new Map([
  ['0', 'sent'],
  ['1', 'delivered'],
  ['8', 'sent'],
  ...Object.keys(VERIHUBS_OUTCOMES).map((status) => [status, 'failed'] as const),
]);

const callback = z.object({ session_id: sessionId, status: z.string().regex(/^\d{1,3}$/) });

/**
 * What a callback reports: nothing where it says nothing new.
 * @param deliveryId from the callback's own address
 * @throws GatewayError 400 when the query is no callback's
 */
export function readReceipts(query: unknown, deliveryId: string): readonly Receipt[] {
  const { data } = callback.safeParse(query);
  if (data === undefined) throw invalidRequest('This is no delivery report.');
  const status = STATUSES.get(data.status);
  if (status === undefined) return [];
  const failure = VERIHUBS_OUTCOMES[Number(data.status)];
  return [
    {
      provider: 'verihubs',
      messageId: data.session_id,
      deliveryId: asDeliveryId(deliveryId),
      status,
      outcome: failure ?? 'accepted',
      errorCode: failure === undefined ? undefined : data.status,
    },
  ];
}
