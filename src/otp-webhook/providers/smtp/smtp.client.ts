import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { isNativeError } from 'node:util/types';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Deadline } from '../../../platform/time';
import type { ClientContext, OtpClient, OtpMessage, SendResult } from '../otp-provider';
import type { SmtpAccount } from './smtp.settings';
import { classifySmtpFailure, isNo, isTaken, type SmtpFailure } from './smtp.wire';

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
    const { SMTP_URL: server, OTP_EMAIL_FROM: from } = this.account;
    // Equal for every try of a delivery: a second copy can be recognised as one.
    const domain = from.address.slice(from.address.lastIndexOf('@'));
    const messageId = `<${message.deliveryId}${domain}>`;
    const composer = new MailComposer({
      from,
      to: { name: '', address: message.to },
      ...this.context.texts.mail(message),
      messageId,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const mail = await composer.compile().build();
    let begun = false;
    try {
      const withinMs = Math.min(this.context.timeoutMs, deadline.remaining());
      const lastWord = await this.#session(withinMs, async (connection) => {
        const body = lazily(mail, () => (begun = true));
        const envelope = { from: from.address, to: [message.to] };
        const { response } = await promisify(connection.send.bind(connection))(envelope, body);
        connection.quit();
        return response;
      });
      return isTaken(lastWord) ? { outcome: 'accepted', messageId } : { outcome: 'unknown' };
    } catch (error) {
      if (!isSmtpFailure(error)) throw error;
      const cause = error.originalCode ?? error.code ?? error.name;
      const why = error.response === undefined ? { cause, host: `${server.host}:${server.port}` } : undefined;
      return { ...classifySmtpFailure(error, begun), why };
    }
  }

  /** Connects, secures the connection as it is for codes, and logs in where there is a user. */
  async probe(deadline: Deadline): Promise<string> {
    const { host, port, user } = this.account.SMTP_URL;
    try {
      await this.#session(deadline.remaining(), (connection) => Promise.resolve(connection.quit()));
      return user === '' ? 'answers, without a log-in' : 'takes the log-in';
    } catch (cause) {
      // nodemailer's messages repeat the server's words, which may name the user.
      const { code, originalCode, response } = (isNativeError(cause) ? cause : {}) as SmtpFailure;
      if (code === 'EAUTH' && isNo(response))
        throw new Error('the mail server refuses the log-in', { cause });
      const reason = originalCode ?? code ?? 'unknown';
      throw new Error(`no mail session with ${host}:${port} (${reason})`, { cause });
    }
  }

  /**
   * One connection, secured and logged in. It is over when its time is, however slowly the server talks: the connection's own time-outs
   * begin anew with each word.
   * @throws SMTPConnection.SMTPError
   */
  async #session<T>(withinMs: number, work: (connection: SMTPConnection) => Promise<T>): Promise<T> {
    const { host, port, secure, requireTls: requireTLS, user, password } = this.account.SMTP_URL;
    const timeouts = { connectionTimeout: withinMs, greetingTimeout: withinMs, socketTimeout: withinMs };
    const connection = new SMTPConnection({ host, port, secure, requireTLS, ...timeouts, logger: false });
    let timer: NodeJS.Timeout | undefined;
    const broken = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(failure('ETIMEDOUT', 'the mail server is too slow')), withinMs);
      // The listener stays after the end: an error that comes too late must not end the process.
      connection.on('error', reject);
      connection.once('end', () =>
        reject(failure('ECONNECTION', 'the mail server has closed the connection')),
      );
    });
    const done = async (): Promise<T> => {
      await promisify(connection.connect.bind(connection))();
      const credentials = { user, pass: password.reveal() };
      if (user !== '') await promisify(connection.login.bind(connection))({ credentials });
      return await work(connection);
    };
    try {
      return await Promise.race([broken, done()]);
    } finally {
      clearTimeout(timer);
      connection.close();
    }
  }
}

function failure(code: string, words: string): SMTPConnection.SMTPError {
  return Object.assign(new Error(words), { code });
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
