import { z } from 'zod';
import {
  defineSettings,
  inProduction,
  isLoopbackHost,
  type LoadedSettings,
  Secret,
} from '../../../platform/config';

const SMTPS_PORT = 465;
const SUBMISSION_PORT = 587;

/** Where a unit's mail goes. */
function smtpServer(production: boolean) {
  return z
    .string()
    .meta({ writeOnly: true })
    .refine((raw) => URL.canParse(raw) && /^smtps?:/i.test(raw) && new URL(raw).hostname !== '', {
      error: 'must be smtp:// or smtps://',
      abort: true,
    })
    .transform((raw) => new URL(raw))
    .refine(
      ({ search, hash, pathname }) => search + hash + pathname.replace('/', '') === '',
      'must have no path, query or fragment',
    )
    .transform(({ protocol, hostname, port, username, password }) => {
      const secure = protocol === 'smtps:';
      return {
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port === '' ? (secure ? SMTPS_PORT : SUBMISSION_PORT) : Number(port),
        /** TLS from the first byte. */
        secure,
        /** STARTTLS or nothing is sent. Only a mail server on loopback may do without, outside production. */
        requireTls: !secure && (production || !isLoopbackHost(hostname)),
        user: decodeURIComponent(username),
        password: new Secret(decodeURIComponent(password)),
      };
    });
}

/** `Name <a@b>` or `a@b`; one address, on one line. */
const mailbox = z.string().transform((raw, context) => {
  const match = /^(?:"?([^"<>\r\n]*?)"?\s*<([^<>\s@]+@[^<>\s@]+)>|([^<>\s@]+@[^<>\s@]+))$/.exec(raw.trim());
  const address = match?.[2] ?? match?.[3];
  if (address !== undefined) return { name: match?.[1] ?? '', address };
  context.addIssue('must be `Name <address>` or an address');
  return z.NEVER;
});

/** E-mail over SMTP, per business unit. */
export const smtpSettings = defineSettings({
  title: 'E-mail (one-time codes)',
  unit: {
    SMTP_URL: inProduction(smtpServer(false), smtpServer(true)).describe(
      '`smtps://user:password@host:465` or `smtp://user:password@host:587` (STARTTLS). For a certificate of an authority of your own start Node.js with `NODE_EXTRA_CA_CERTS`',
    ),
    OTP_EMAIL_FROM: mailbox.describe('Sender, `Name <address@example.org>`'),
  },
});

export type SmtpSettings = LoadedSettings<typeof smtpSettings>;
export type SmtpAccount = NonNullable<ReturnType<SmtpSettings['forUnit']>>;
