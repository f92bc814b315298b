import {
  custom,
  defineSettings,
  Invalid,
  isLoopbackHost,
  type LoadedSettings,
  type ReadingContext,
  Secret,
} from '../../../platform/config';

/** Where a unit's mail goes. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (`smtps:`). */
  readonly secure: boolean;
  /** STARTTLS or nothing is sent. Only a mail server on loopback may do without, outside production. */
  readonly requireTls: boolean;
  readonly user: string;
  readonly password: Secret;
}

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** E-mail over SMTP, per business unit. */
export const smtpSettings = defineSettings({
  title: 'E-mail (one-time codes)',
  unit: {
    SMTP_URL: custom(
      {
        about:
          '`smtps://user:password@host:465` or `smtp://user:password@host:587` (STARTTLS). For a certificate of an authority of your own start Node.js with `NODE_EXTRA_CA_CERTS`',
        secret: true,
      },
      smtpServer,
    ),
    OTP_EMAIL_FROM: custom({ about: 'Sender, `Name <address@example.org>`' }, mailbox),
  },
});

export type SmtpSettings = LoadedSettings<typeof smtpSettings>;
export type SmtpAccount = NonNullable<ReturnType<SmtpSettings['forUnit']>>;

const PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 };

function smtpServer(raw: string, context: ReadingContext): SmtpServer {
  if (!URL.canParse(raw)) throw new Invalid('must be smtp:// or smtps://');
  const parsed = new URL(raw);
  const usual = PORTS[parsed.protocol];
  if (usual === undefined || parsed.hostname === '') throw new Invalid('must be smtp:// or smtps://');
  if (parsed.search !== '' || parsed.hash !== '' || parsed.pathname.replace('/', '') !== '')
    throw new Invalid('must have no path, query or fragment');
  const secure = parsed.protocol === 'smtps:';
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? usual : Number(parsed.port),
    secure,
    requireTls: !secure && (context.production || !isLoopbackHost(parsed.hostname)),
    user: decodeURIComponent(parsed.username),
    password: new Secret(decodeURIComponent(parsed.password)),
  };
}

/** `Name <a@b>` or `a@b`; one address, on one line. */
function mailbox(raw: string): Mailbox {
  const match = /^(?:"?([^"<>\r\n]*?)"?\s*<([^<>\s@]+@[^<>\s@]+)>|([^<>\s@]+@[^<>\s@]+))$/.exec(raw.trim());
  const address = match?.[2] ?? match?.[3];
  if (address === undefined) throw new Invalid('must be `Name <address>` or an address');
  return { name: match?.[1] ?? '', address };
}
