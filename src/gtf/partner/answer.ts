import { type PartnerResponse, PartnerError, retryAfterSeconds } from '../../platform/outbound';
import { asObject, type JsonObject, parseWire, refusalOf, type RefusalOnWire, unwrap } from './envelope.wire';

/** Which call of which API an answer belongs to, for errors and metrics. */
export interface Asked {
  readonly partner: string;
  readonly operation: string;
}

/**
 * What GTF answered, out of its envelope.
 * @throws PartnerError `refused` for a documented no, `unavailable` for 503 and 429 (but a used-up quota is a no), else `error`
 */
export function readAnswer(asked: Asked, response: PartnerResponse, now: number): JsonObject {
  const root = parsed(response.body);
  if (response.status >= 200 && response.status < 300 && root !== undefined && root['success'] !== false)
    return unwrap(root);
  throw refusal(asked, response, refusalOf(root), now);
}

/** Whether a body is a refusal in GTF's own form, and not of something in between. */
export function isRefusalOfGtf(body: Buffer): boolean {
  return refusalOf(parsed(body)) !== undefined;
}

function parsed(body: Buffer): JsonObject | undefined {
  try {
    return asObject(parseWire(body));
  } catch {
    return undefined;
  }
}

function refusal(
  { partner, operation }: Asked,
  { status, headers }: PartnerResponse,
  said: RefusalOnWire | undefined,
  now: number,
): PartnerError {
  const cause = said?.cause;
  const details = { publicCode: cause, httpStatus: status };
  if (status === 503 || (status === 429 && cause !== 'SUBMISSION_QUOTA_EXCEEDED'))
    return new PartnerError(partner, operation, 'unavailable', {
      ...details,
      reached: 'yes',
      retryAfterSeconds: retryAfterSeconds(headers, now),
    });
  // 401 and 403 are about our credentials, never about the person.
  const saidNo = status >= 400 && status < 500 && status !== 401 && status !== 403 && said !== undefined;
  return new PartnerError(partner, operation, saidNo ? 'refused' : 'error', details);
}

/** Whether GTF did not accept the token; the call was not executed. */
export function isUnauthorized(error: unknown): error is PartnerError {
  return error instanceof PartnerError && error.httpStatus === 401;
}

/** The answer lacks what it is for. */
export function unusable({ partner, operation }: Asked, hint: string): PartnerError {
  return new PartnerError(partner, operation, 'error', { hint });
}
