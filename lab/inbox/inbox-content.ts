import type { CommonKycRecord } from '../common-kyc';
import type { Mail } from '../smtp';
import type { SmsHttpMessage } from '../sms-http';
import type { TwilioMessage } from '../twilio';
import type { VerihubsMessage } from '../verihubs';
import type { WhatsappMessage } from '../whatsapp';

/** A message as a person would find it on their phone or in their mailbox. */
export interface InboxMessage {
  readonly id: string;
  readonly channel: 'email' | 'sms' | 'whatsapp';
  readonly provider: 'smtp' | 'twilio' | 'http' | 'verihubs' | 'whatsapp';
  readonly unit: string | null;
  /** E-mail address, or the number as the provider was given it. */
  readonly to: string;
  /** Of mails only. */
  readonly subject: string | null;
  readonly text: string;
  readonly status: string;
  readonly receivedAt: string;
}

/** What the inbox shows of a GTF submission. */
interface InboxSubmission {
  readonly id: string;
  readonly partnerSessionId: string;
  readonly unit: string;
  readonly type: string;
  readonly status: string;
  readonly result: string | null;
  readonly createdAt: string;
}

/** Where the inbox looks; everything oldest first. */
export interface InboxSources {
  mails(): readonly Mail[];
  whatsapp(): readonly WhatsappMessage[];
  twilio(): readonly TwilioMessage[];
  smsHttp(): readonly SmsHttpMessage[];
  verihubs(): readonly VerihubsMessage[];
  submissions(): readonly InboxSubmission[];
  records(): readonly CommonKycRecord[];
}

/** All messages, newest first. */
export function inboxMessages(sources: InboxSources): InboxMessage[] {
  const messages: InboxMessage[] = [
    ...sources.mails().map((mail) => ({
      ...common(mail),
      channel: 'email' as const,
      provider: 'smtp' as const,
      to: mail.to.join(', '),
      subject: mail.subject,
      text: mail.text,
      status: 'delivered',
    })),
    ...sources.whatsapp().map((message) => ({
      ...common(message),
      channel: 'whatsapp' as const,
      provider: 'whatsapp' as const,
      status: message.status,
      ...phoneMessage(message),
    })),
    ...sources.twilio().map((message) => ({
      ...common(message),
      channel: 'sms' as const,
      provider: 'twilio' as const,
      status: message.status,
      ...phoneMessage(message),
    })),
    ...sources.smsHttp().map((message) => ({
      ...common(message),
      channel: 'sms' as const,
      provider: 'http' as const,
      status: 'accepted',
      ...phoneMessage(message),
    })),
    ...sources.verihubs().map((message) => ({
      ...common(message),
      channel: 'sms' as const,
      provider: 'verihubs' as const,
      status: message.status === '1' ? 'delivered' : message.status,
      ...phoneMessage(message),
    })),
  ];
  return messages.reverse().sort((one, other) => other.receivedAt.localeCompare(one.receivedAt));
}

function common<U extends string | null>(message: { id: string; unit: U; receivedAt: string }) {
  return { id: message.id, unit: message.unit, receivedAt: message.receivedAt };
}

function phoneMessage({ to, text }: { to: string; text: string }) {
  return { to, text, subject: null };
}
