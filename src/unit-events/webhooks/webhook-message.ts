import { Webhook } from 'standardwebhooks';
import type { LedgerEvent } from '../../kyc-ledger';
import type { Secret } from '../../platform/config';

/** What the body of every try says; thin: the receiver asks for more with a credential. */
export function bodyOf({ seq, type, at, submissionId, submission, data }: LedgerEvent): object {
  const { kind = null, status = null, reasonCode = null } = submission ?? {};
  return {
    type,
    timestamp: at.toISOString(),
    data: type === 'ledger.checkpoint' ? data : { seq, submissionId, kind, status, reasonCode },
  };
}

/**
 * Headers of a try (Standard Webhooks): the same id in each, the time of this one, and a signature by every secret, so that receivers
 * may hold either of two while they are rotated.
 */
export function signedHeaders(
  id: string,
  at: Date,
  body: string,
  secrets: readonly Secret[],
): Readonly<Record<string, string>> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret.reveal()).sign(id, at, body)).join(' '),
  };
}
