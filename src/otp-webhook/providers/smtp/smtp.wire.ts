import type { Refusal, SendResult } from '../otp-provider';

/** What nodemailer tells about a failed session. */
export interface SmtpFailure {
  /** nodemailer's own word: `EAUTH`, `EENVELOPE`, `ETLS`, `ECONNECTION`, … */
  readonly code?: string | undefined;
  /** The system's or TLS's word beneath it: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, … */
  readonly originalCode?: string | undefined;
  /** The server's reply as it came, when it was a reply that made the session fail. */
  readonly response?: string | undefined;
  /** The command that failed. */
  readonly command?: string | undefined;
}

/** A reply (RFC 5321 §4.2) with its enhanced status code (RFC 3463), which says more. */
interface Reply {
  readonly code: number;
  /** `5.1.1` → `5`; the reply's own first digit where there is no enhanced code. */
  readonly status: string;
  /** `5.1.1` → `1.1`. */
  readonly detail: string | undefined;
  /** The text without addresses, whose own words mean nothing. */
  readonly words: string;
}

const REPLY_CODE = /^[2-5][0-5]\d(?=[ -]|$)/;
/** Behind the reply code as RFC 2034 wants it, with some servers' decoration (`550 #5.1.0`), or at the end (`(#5.7.1)`). */
const ENHANCED_CODE = /(?:^\d{3}[ -][#([]?|\(#)([245])\.(\d{1,3}\.\d{1,3})\b/m;
const MAX_JUDGED_LENGTH = 2_000;

/** The mailbox or its domain does not exist, takes no mail, or is full (RFC 3463 §3.2, §3.3; RFC 7505). */
const RECIPIENT_DETAILS = new Set(['1.1', '1.2', '1.3', '1.4', '1.6', '1.10', '2.1', '2.2']);
/** Our sender's address, our quota, our credentials. */
const SETUP_DETAILS = new Set(['1.7', '1.8', '4.5', '7.8']);
/** Authentication or TLS is wanted (RFC 4954 §6). */
const SETUP_REPLIES = new Set([530, 534, 535, 538]);
/** About a mailbox, where no enhanced code tells better (RFC 5321 §4.2.3). */
const RECIPIENT_REPLIES = new Set([550, 551, 552, 553]);
/** To RCPT alone: an address that cannot be one, a domain without mail (RFC 7504). */
const RECIPIENT_REPLIES_TO_RCPT = new Set([501, 556]);

/** Our account or address is meant, under whatever code. */
const OUR_FAULT =
  /relay(?:ing)?\b.{0,40}\b(?:denied|prohibited|not (?:permitted|allowed))|to relay\b|authentication (?:is )?required|not authenticated|sender address rejected/i;
/** The sending account has used up what it may send. A full mailbox is described otherwise. */
const OUR_QUOTA =
  /\b(?:daily|hourly|monthly|sending|submission|outbound|outgoing|relay)\b.{0,60}\b(?:quota|limit|threshold)|\bper (?:hour|day)\b/i;
const SPAM_GUARD =
  /spam|unsolicited|junk|reputation|black ?-?list|block ?-?list|blocked using|\bd?n?s?[rb]bl\b|\bspf\b|\bdkim\b|\bdmarc\b/i;

/**
 * What a failed session means (contract §7.3, otp-channels.md §4).
 * @param begun whether the server had agreed to take the message: without a clear no after that, it may have been taken
 */
export function classifySmtpFailure(failure: SmtpFailure, begun: boolean): SendResult {
  const reply = readReply(failure.response);
  // A yes out of turn is as unclear as nonsense.
  if (reply === undefined || reply.code < 400) return withoutReply(failure, begun);
  return { ...refusalOf(reply, failure.command), errorCode: String(reply.code) };
}

/** Whether the server's last word says clearly that it has taken the message. */
export function isTaken(response: string): boolean {
  const code = readReply(response)?.code ?? 0;
  return code >= 200 && code < 300;
}

/** Whether a reply is a no for good. */
export function isNo(response: string | undefined): boolean {
  const code = readReply(response)?.code ?? 0;
  return code >= 500;
}

function readReply(response: string | undefined): Reply | undefined {
  const text = response?.slice(0, MAX_JUDGED_LENGTH) ?? '';
  const code = REPLY_CODE.exec(text)?.[0];
  if (code === undefined) return undefined;
  const [, status = code.charAt(0), detail] = ENHANCED_CODE.exec(text) ?? [];
  return { code: Number(code), status, detail, words: withoutAddresses(text) };
}

/** What an address says is the person's word, not the server's. */
function withoutAddresses(text: string): string {
  return text
    .split(/\s/)
    .filter((word) => !word.includes('@') && !word.startsWith('<'))
    .join(' ');
}

function withoutReply(failure: SmtpFailure, begun: boolean): SendResult {
  const { code } = failure;
  if (begun) return { outcome: 'unknown', errorCode: code };
  return { outcome: isOurs(failure) ? 'setup' : 'transient', errorCode: code };
}

/** No way to sign in or to be sure of the server; a garbled reply to AUTH or STARTTLS may pass. */
function isOurs({ code, originalCode, response }: SmtpFailure): boolean {
  if (/CERT|UNABLE_TO_VERIFY|^ERR_SSL_/.test(originalCode ?? '')) return true;
  return response === undefined && (code === 'ETLS' || code === 'EAUTH');
}

function refusalOf(reply: Reply, command: string | undefined): Refusal {
  const { code, status, detail, words } = reply;
  const aboutRecipient = isAboutRecipient(reply, command);
  if (code < 500 || status === '4') return { outcome: 'transient', aboutRecipient };
  // What is said to the greeting, the log-in and the sender is true of every mail.
  if (command !== 'RCPT TO' && command !== 'DATA')
    return { outcome: SPAM_GUARD.test(words) ? 'spam' : 'setup' };
  if (SETUP_REPLIES.has(code) || SETUP_DETAILS.has(detail ?? '')) return { outcome: 'setup' };
  if (RECIPIENT_DETAILS.has(detail ?? '')) return { outcome: 'recipient' };
  if (OUR_FAULT.test(words) || OUR_QUOTA.test(words)) return { outcome: 'setup' };
  if (SPAM_GUARD.test(words)) return { outcome: 'spam' };
  return byCodeAlone(reply, command);
}

/** Without words that are known. */
function byCodeAlone({ code, detail }: Reply, command: 'RCPT TO' | 'DATA'): Refusal {
  const subject = detail?.split('.')[0];
  if (subject === '1') return { outcome: 'recipient' };
  if (detail === '7.0') return { outcome: 'setup' };
  // Security and policy (RFC 3463 §3.8): of a whole message, it is what the message says; of a recipient, it may be theirs.
  if (subject === '7') return command === 'DATA' ? { outcome: 'spam' } : { outcome: 'setup', unlisted: true };
  const isRecipients =
    RECIPIENT_REPLIES.has(code) || (command === 'RCPT TO' && RECIPIENT_REPLIES_TO_RCPT.has(code));
  return isRecipients ? { outcome: 'recipient' } : { outcome: 'setup', unlisted: true };
}

/**
 * Greylisting, a full mailbox, a scanner that stumbles over one mail: the server works, and others' mail is not to wait.
 * 421 closes the connection for every recipient; x.3 to x.5 speak of the mail system (RFC 3463 §3.4 to §3.6).
 */
function isAboutRecipient({ code, detail }: Reply, command: string | undefined): boolean {
  if (code === 421) return false;
  return command === 'RCPT TO' || (command === 'DATA' && !/^[345]\./.test(detail ?? ''));
}
