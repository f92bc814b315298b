import {
  isForeignPage,
  jsonOf,
  type PartnerHttpClient,
  PartnerError,
  type PartnerRequest,
  retryAfterSeconds,
} from '../../platform/outbound';
import type { Outcome, Refusal, SendResult } from './otp-provider';

/** What an answer means; the body is undefined where it is no JSON, or never came. */
type ReadAnswer = (httpStatus: number, body: unknown) => SendResult;

/** Hands one message to a provider's HTTP API. */
export async function sendMessage(
  http: PartnerHttpClient,
  request: Omit<PartnerRequest, 'operation'>,
  read: ReadAnswer,
): Promise<SendResult> {
  try {
    const answer = await http.send({ operation: 'send', ...request });
    // A no that the provider has not said: it says nothing about the account or the number.
    const result: SendResult =
      answer.status >= 400 && isForeignPage(answer)
        ? { outcome: 'transient', errorCode: `http_${answer.status}` }
        : read(answer.status, jsonOf(answer.body));
    return {
      ...result,
      retryAfterSeconds: retryAfterSeconds(answer.headers, Date.now()),
    };
  } catch (error) {
    return withoutAnswer(error, read);
  }
}

/**
 * What a call without a usable answer means: never sent, or unknown. Where the answer's head came and its body did not, the head
 * decides: 2xx took the message, which must not be sent again. Anything but a partner's failure is a bug of ours.
 */
function withoutAnswer(error: unknown, read: ReadAnswer): SendResult {
  if (!(error instanceof PartnerError)) throw error;
  const { brokenStatus, reached, fault } = error;
  if (brokenStatus === undefined)
    return { outcome: reached === 'no' ? 'transient' : 'unknown', errorCode: fault };
  return brokenStatus >= 200 && brokenStatus < 300 ? { outcome: 'accepted' } : read(brokenStatus, undefined);
}

/**
 * Reads something harmless with the account's credentials.
 * @throws PartnerError when the answer is anything but 200
 */
export async function readWithAccount(
  http: PartnerHttpClient,
  partner: string,
  request: Omit<PartnerRequest, 'operation' | 'method'>,
): Promise<void> {
  const { status } = await http.send({ operation: 'checkup', method: 'GET', ...request });
  if (status !== 200) throw new PartnerError(partner, 'checkup', 'error', { httpStatus: status });
}

/** Wrong credentials, no credit, no permission: true of every message. */
const SETUP_STATUSES = new Set([401, 402, 403]);
/**
 * About the way or the address, never about the account or the number (RFC 9110 §15.5, RFC 7725): what stands in between says so without
 * a code of the provider's, and may be gone with the next try.
 */
const OF_THE_WAY = new Set([404, 405, 407, 409, 410, 421, 451]);

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

/** A refusal without a code. A provider that gives 409 a meaning of its own reads it before. */
export function refusalOfStatus(httpStatus: number): Refusal {
  if (isLater(httpStatus) || OF_THE_WAY.has(httpStatus)) return { outcome: 'transient' };
  return SETUP_STATUSES.has(httpStatus) ? { outcome: 'setup' } : { outcome: 'setup', unlisted: true };
}

function isLater(httpStatus: number): boolean {
  return httpStatus === 408 || httpStatus === 425 || httpStatus === 429 || httpStatus >= 500;
}
