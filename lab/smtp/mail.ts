import { randomUUID } from 'node:crypto';
import PostalMime from 'postal-mime';
import type { SMTPServerSession } from 'smtp-server';

/** A mail as it arrived, parsed. */
export interface Mail {
  readonly id: string;
  /** The business unit that authenticated; null when nobody did. */
  readonly unit: string | null;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** The header's address and display name. */
  readonly from: { readonly address: string; readonly name: string };
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** With its angle brackets. */
  readonly messageId: string;
  /** Every header, names in lower case; of repeated ones the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly receivedAt: string;
}

export async function readMail(raw: Buffer, session: SMTPServerSession, now: Date): Promise<Mail> {
  const parsed = await PostalMime.parse(raw);
  const { mailFrom, rcptTo } = session.envelope;
  return {
    id: randomUUID(),
    unit: typeof session.user === 'string' ? session.user : null,
    envelope: {
      from: mailFrom === false ? '' : mailFrom.address,
      to: rcptTo.map(({ address }) => address),
    },
    from: { address: parsed.from?.address ?? '', name: parsed.from?.name ?? '' },
    to: (parsed.to ?? []).flatMap(({ address }) => (address === undefined ? [] : [address])),
    subject: parsed.subject ?? '',
    text: (parsed.text ?? '').trim(),
    html: parsed.html ?? '',
    messageId: parsed.messageId ?? '',
    headers: Object.fromEntries(parsed.headers.map(({ key, value }) => [key, value])),
    receivedAt: now.toISOString(),
  };
}
