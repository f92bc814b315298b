import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Deadline } from '../../platform/time';
import { type Language, mailText } from './message-text';
import type { OtpMessage, OtpProvider, SendResult } from './otp-provider';
import { classifySmtpFailure } from './smtp.wire';
import type { SmtpAccount } from './smtp.settings';

interface MailSettings {
  readonly account: SmtpAccount;
  readonly unitName: string;
  readonly language: Language;
}

/**
 * E-mail through the unit's mail server, one connection a mail: nodemailer's pool queues again on lost connections, which would
 * send a code twice (otp-channels.md §3), and only the connection itself knows whether the message had begun.
 */
export class SmtpClient implements OtpProvider {
  readonly name = 'smtp';
  readonly channel = 'email';
  readonly reportsDelivery = false;

  constructor(
    private readonly settings: MailSettings,
    private readonly timeoutMs: number,
  ) {}

  async send(message: OtpMessage, deadline: Deadline): Promise<SendResult> {
    const mail = await this.#compose(message);
    const result = await this.#deliver(message.to, mail, Math.min(this.timeoutMs, deadline.remaining()));
    return result.outcome === 'accepted' ? { ...result, messageId: this.#messageId(message) } : result;
  }

  #compose(message: OtpMessage): Promise<Buffer> {
    const { account, unitName, language } = this.settings;
    const text = mailText(language, { code: message.code, unitName, secondsLeft: message.secondsLeft });
    const composer = new MailComposer({
      from: account.OTP_EMAIL_FROM,
      to: { name: '', address: message.to },
      ...text,
      // Equal for every try of a delivery: a second copy can be recognised as one.
      messageId: this.#messageId(message),
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return composer.compile().build();
  }

  #messageId(message: OtpMessage): string {
    const domain = this.settings.account.OTP_EMAIL_FROM.address.split('@').at(-1) ?? 'localhost';
    return `<${message.deliveryId}@${domain}>`;
  }

  #deliver(to: string, mail: Buffer, timeoutMs: number): Promise<SendResult> {
    const { SMTP_URL: server, OTP_EMAIL_FROM: from } = this.settings.account;
    const connection = new SMTPConnection({
      host: server.host,
      port: server.port,
      secure: server.secure,
      requireTLS: server.requireTls,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      logger: false,
    });
    return new Promise((resolve) => {
      let begun = false;
      const finish = (result: SendResult): void => {
        resolve(result);
        clearTimeout(timer);
        connection.close();
      };
      const fail = (error: SMTPConnection.SMTPError): void => finish(classifySmtpFailure(error, begun));
      const lost = (): void => finish({ outcome: begun ? 'unknown' : 'transient' });
      const timer = setTimeout(lost, timeoutMs);
      connection.on('error', fail);
      connection.once('end', lost);
      const body = lazily(mail, () => (begun = true));
      const transmit = (): void =>
        connection.send({ from: from.address, to: [to] }, body, (error) => {
          if (error) return fail(error);
          connection.quit();
          finish({ outcome: 'accepted' });
        });
      connection.connect((error) => {
        if (error) return fail(error);
        if (server.user === '') return transmit();
        const credentials = { user: server.user, pass: server.password.reveal() };
        connection.login({ credentials }, (refused) => (refused ? fail(refused) : transmit()));
      });
    });
  }
}

/** A stream that tells when somebody starts reading: nodemailer does so once the server has agreed to take the message. */
function lazily(content: Buffer, onStart: () => void): Readable {
  return new Readable({
    read() {
      onStart();
      this.push(content);
      this.push(null);
    },
  });
}
