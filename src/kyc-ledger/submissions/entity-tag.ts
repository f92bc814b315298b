import { GatewayError } from '../../platform/errors';
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

/** Where a submission is found, as the `Location` header of whatever created it. */
export function locationOf(submissionId: string): { readonly location: string } {
  return { location: `/v1/submissions/${submissionId}` };
}
