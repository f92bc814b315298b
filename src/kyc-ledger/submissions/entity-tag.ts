import type { TransactionHook } from '../../platform/database';
import { GatewayError } from '../../platform/errors';
import type { Attempt } from '../../platform/idempotency';
import type { Submission } from './submission.entity';

/** The state of a submission as an entity tag (RFC 9110 §8.8.3): it changes with its status and data, not with who looked. */
export function entityTag({ lastSeq }: Submission): string {
  return `"${lastSeq}"`;
}

/**
 * The state that `If-Match` demands; null where it demands none.
 * @throws GatewayError 412 `precondition_failed` for what no submission ever had
 */
export function expectedState(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  const [, seq] = /^\s*"(\d{1,15})"\s*$/.exec(ifMatch) ?? [];
  if (seq === undefined)
    throw new GatewayError(412, 'precondition_failed', '`If-Match` takes the `ETag` of a submission.');
  return Number(seq);
}

/**
 * Keeps the answer of a route that creates a submission, with the `Location` where that is found.
 * @param until when the answer is worth nothing any more
 */
export function created<R extends { readonly submissionId: string }>(
  attempt: Attempt,
  until?: (answer: R) => Date,
): TransactionHook<R> {
  return (tx, answer) => {
    const { submissionId } = answer;
    const headers = { location: `/v1/submissions/${submissionId}` };
    return attempt.saveResponse(tx, submissionId, answer, headers, until?.(answer));
  };
}
