import type { Outcome, SendResult } from './otp-provider';

/** What a refusal means. */
export type Refusal = Pick<SendResult, 'outcome' | 'unlisted' | 'aboutRecipient'>;

/** Wrong credentials, no credit, no permission, no such account: true of every message, whoever it is for. */
const SETUP_STATUSES = new Set([401, 402, 403, 404]);

/** By the provider's code, else by the HTTP status. */
export function refusalOf(
  code: number,
  outcomes: Readonly<Record<number, Outcome>>,
  httpStatus = 400,
): Refusal {
  const outcome = outcomes[code];
  if (outcome !== undefined) return { outcome };
  return isLater(httpStatus) ? { outcome: 'transient' } : { outcome: 'setup', unlisted: true };
}

/** A refusal without a code. */
export function refusalOfStatus(httpStatus: number): Refusal {
  if (isLater(httpStatus)) return { outcome: 'transient' };
  return SETUP_STATUSES.has(httpStatus) ? { outcome: 'setup' } : { outcome: 'setup', unlisted: true };
}

function isLater(httpStatus: number): boolean {
  return httpStatus === 408 || httpStatus === 425 || httpStatus === 429 || httpStatus >= 500;
}
