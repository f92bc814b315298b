import { isNativeError } from 'node:util/types';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpServer } from './smtp.settings';
import { isNo, type SmtpFailure } from './smtp.wire';

/**
 * One connection to a unit's mail server, secured and logged in as it is for codes. It is over when its time is, however slowly the
 * server talks: the connection's own time-outs begin anew with each word.
 * @throws SMTPConnection.SMTPError
 */
export async function inMailSession<T>(
  server: SmtpServer,
  withinMs: number,
  work: (connection: SMTPConnection) => Promise<T>,
): Promise<T> {
  const connection = new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: server.requireTls,
    connectionTimeout: withinMs,
    greetingTimeout: withinMs,
    socketTimeout: withinMs,
    logger: false,
  });
  let timer: NodeJS.Timeout | undefined;
  const broken = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(failure('ETIMEDOUT', 'the mail server is too slow')), withinMs);
    // The listener stays after the end: an error that comes too late must not end the process.
    connection.on('error', reject);
    connection.once('end', () => reject(failure('ECONNECTION', 'the mail server has closed the connection')));
  });
  try {
    return await Promise.race([broken, begin(connection, server).then(() => work(connection))]);
  } finally {
    clearTimeout(timer);
    connection.close();
  }
}

/** In words for an operator. nodemailer's messages repeat the server's words, which may name the user. */
export function whyNoSession({ host, port }: SmtpServer, error: unknown): string {
  const { code, originalCode, response } = (isNativeError(error) ? error : {}) as SmtpFailure;
  if (code === 'EAUTH' && isNo(response)) return 'the mail server refuses the log-in';
  return `no mail session with ${host}:${port} (${originalCode ?? code ?? 'unknown'})`;
}

async function begin(connection: SMTPConnection, { user, password }: SmtpServer): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    connection.connect((error) => (error ? reject(error) : resolve())),
  );
  if (user === '') return;
  const credentials = { user, pass: password.reveal() };
  await new Promise<void>((resolve, reject) =>
    connection.login({ credentials }, (error) => (error ? reject(error) : resolve())),
  );
}

function failure(code: string, words: string): SMTPConnection.SMTPError {
  return Object.assign(new Error(words), { code });
}
