import type { SendResult } from './otp-provider';
import type { Refusal } from './refusal';

/** What nodemailer tells about a failed session. */
export interface SmtpFailure {
  /** nodemailer's own word: `EAUTH`, `EENVELOPE`, `ETLS`, `ECONNECTION`, … */
  readonly code?: string | undefined;
  /** The server's reply code (RFC 5321 §4.2). */
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
  /** The command that failed. */
  readonly command?: string | undefined;
}

const RECIPIENT_REPLIES = new Set([550, 551, 552, 553]);

/**
 * What a failed session means (otp-channels.md §4).
 * @param begun whether the server had agreed to take the message: without an answer after that, nobody knows
 */
export function classifySmtpFailure(failure: SmtpFailure, begun: boolean): SendResult {
  const { responseCode } = failure;
  if (responseCode === undefined || responseCode === 0) return withoutReply(failure, begun);
  const errorCode = String(responseCode);
  return { ...refusalOfReply(responseCode, failure), errorCode };
}

function withoutReply({ code }: SmtpFailure, begun: boolean): SendResult {
  if (begun) return { outcome: 'unknown', errorCode: code };
  return { outcome: code === 'ETLS' || code === 'EAUTH' ? 'setup' : 'transient', errorCode: code };
}

function refusalOfReply(reply: number, { code, command, response }: SmtpFailure): Refusal {
  if (isPolicy(reply, response)) return { outcome: 'spam' };
  if (reply < 500) return { outcome: 'transient' };
  if (code === 'EAUTH' || code === 'ETLS' || command === 'MAIL FROM') return { outcome: 'setup' };
  return RECIPIENT_REPLIES.has(reply) ? { outcome: 'recipient' } : { outcome: 'setup', unlisted: true };
}

/** Enhanced status codes x.7.y are about security or policy (RFC 3463 §3.8); during AUTH they speak of the password. */
function isPolicy(reply: number, response: string | undefined): boolean {
  if (![421, 451, 550, 554].includes(reply)) return false;
  return /^\d{3}[ -][45]\.7\.\d/.test(response ?? '');
}
