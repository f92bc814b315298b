import { Readable } from 'node:stream';
import { isNativeError } from 'node:util/types';
import MailComposer from 'nodemailer/lib/mail-composer';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Deadline } from '../../../platform/time';
import type { ClientContext, OtpClient, OtpMessage, SendResult } from '../otp-provider';
import { inMailSession, whyNoSession } from './smtp.session';
import type { SmtpAccount } from './smtp.settings';
import { classifySmtpFailure, isTaken, type SmtpFailure } from './smtp.wire';

/**
 * E-mail through the unit's mail server, one connection a mail: nodemailer's pool queues again on lost connections, which would
 * send a code twice (otp-channels.md §3), and only the connection itself knows whether the message had begun.
 */
export class SmtpClient implements OtpClient {
  constructor(
    private readonly account: SmtpAccount,
    private readonly context: Pick<ClientContext, 'texts' | 'timeoutMs'>,
  ) {}

  async send(message: OtpMessage, deadline: Deadline): Promise<SendResult> {
    const mail = await this.#compose(message);
    const result = await this.#deliver(
      message.to,
      mail,
      Math.min(this.context.timeoutMs, deadline.remaining()),
    );
    return result.outcome === 'accepted' ? { ...result, messageId: this.#messageId(message) } : result;
  }

  /** Connects, secures the connection as it is for codes, and logs in where there is a user. */
  async probe(deadline: Deadline): Promise<string> {
    const { SMTP_URL: server } = this.account;
    try {
      await inMailSession(server, deadline.remaining(), (connection) => Promise.resolve(connection.quit()));
      return server.user === '' ? 'answers, without a log-in' : 'takes the log-in';
    } catch (error) {
      throw new Error(whyNoSession(server, error), { cause: error });
    }
  }

  #compose(message: OtpMessage): Promise<Buffer> {
    const composer = new MailComposer({
      from: this.account.OTP_EMAIL_FROM,
      to: { name: '', address: message.to },
      ...this.context.texts.mail(message),
      // Equal for every try of a delivery: a second copy can be recognised as one.
      messageId: this.#messageId(message),
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return composer.compile().build();
  }

  #messageId(message: OtpMessage): string {
    const domain = this.account.OTP_EMAIL_FROM.address.split('@').at(-1) ?? 'localhost';
    return `<${message.deliveryId}@${domain}>`;
  }

  async #deliver(to: string, mail: Buffer, withinMs: number): Promise<SendResult> {
    const { SMTP_URL: server, OTP_EMAIL_FROM: from } = this.account;
    let begun = false;
    try {
      return await inMailSession(server, withinMs, async (connection) => {
        const body = lazily(mail, () => (begun = true));
        const response = await transmit(connection, { from: from.address, to: [to] }, body);
        connection.quit();
        return { outcome: isTaken(response) ? 'accepted' : 'unknown' };
      });
    } catch (error) {
      if (!isSmtpFailure(error)) throw error;
      const cause = error.originalCode ?? error.code ?? error.name;
      const why = error.response === undefined ? { cause, host: `${server.host}:${server.port}` } : undefined;
      return { ...classifySmtpFailure(error, begun), why };
    }
  }
}

/** @returns the server's last word */
function transmit(
  connection: SMTPConnection,
  envelope: SMTPConnection.Envelope,
  body: Readable,
): Promise<string> {
  return new Promise((resolve, reject) =>
    connection.send(envelope, body, (error, info) => (error ? reject(error) : resolve(info.response))),
  );
}

/** nodemailer's own words begin with E; Node's for a wrong argument with ERR_, and that is a bug of ours. */
function isSmtpFailure(error: unknown): error is Error & SmtpFailure {
  return isNativeError(error) && 'code' in error && /^E(?!RR_)/.test(String(error.code));
}

/** A stream that tells when reading starts: nodemailer reads once the server has agreed to take the message. */
function lazily(content: Buffer, onStart: () => void): Readable {
  return new Readable({
    read() {
      onStart();
      this.push(content);
      this.push(null);
    },
  });
}
