import { Client } from 'pg';
import { isLoopbackHost } from './loopback';
import { Secret } from './secret';
import { Invalid, type ReadingContext, strong, type Variable } from './variables';

const TLS_PARAMETERS = [
  'ssl',
  'sslmode',
  'sslcert',
  'sslkey',
  'sslrootcert',
  'sslnegotiation',
  'uselibpqcompat',
];
/** Values that ask for less than, or as much as, what `DATABASE_TLS=verify` does. */
const ASKS_FOR_TLS = /^(ssl=(true|1)|sslmode=(require|verify-ca|verify-full))$/;
const ASKS_FOR_NONE = /^(ssl=(false|0)|sslmode=disable)$/;

/** A PostgreSQL connection string; production takes no password that can be guessed. */
export function postgresUrl(options: { readonly about: string }): Variable<Secret> {
  return {
    about: options.about,
    secret: true,
    default: undefined,
    neededInProduction: false,
    read: (raw, context) => {
      const { user, password, host } = asTheDriver(raw);
      const local = isLocalDatabase(host);
      const refused = tlsParameters(raw).find(
        (parameter) => !ASKS_FOR_TLS.test(parameter) && !(local && ASKS_FOR_NONE.test(parameter)),
      );
      if (refused !== undefined)
        throw new Invalid(
          `must not set ${refused.split('=', 1).join()} so: DATABASE_TLS and DATABASE_CA_FILE say how TLS is used`,
        );
      checkPassword(user, password, context);
      return new Secret(raw);
    },
  };
}

/** Without what it says about TLS, for a driver that is told otherwise. */
export function withoutTlsParameters(url: string): string {
  if (tlsParameters(url).length === 0) return url;
  const parsed = new URL(url);
  for (const name of TLS_PARAMETERS) parsed.searchParams.delete(name);
  return parsed.href;
}

/** Whether the connection is to be encrypted: a remote one always, one on this machine when it asks for it. */
export function needsTls(url: string): boolean {
  const { host } = asTheDriver(url);
  return !isLocalDatabase(host) || tlsParameters(url).some((parameter) => ASKS_FOR_TLS.test(parameter));
}

function tlsParameters(url: string): string[] {
  return [...new URL(url).searchParams]
    .filter(([name]) => TLS_PARAMETERS.includes(name))
    .map(([name, value]) => `${name}=${value}`);
}

interface Address {
  readonly user: string;
  readonly password: string;
  readonly host: string;
}

/** The driver's own reading, with what it adds from `PGHOST`, `PGUSER` and `PGPASSWORD`. */
function asTheDriver(url: string): Address {
  try {
    if (!/^postgres(ql)?:\/\/\S+$/.test(url)) throw new Invalid();
    decodeURIComponent(url); // TypeORM reads it too, and is stricter
    const { user = '', password, host } = new Client(withoutTlsParameters(url));
    return { user, password: password ?? '', host };
  } catch {
    throw new Invalid('must be postgres://user:password@host:port/database, special characters as %XX');
  }
}

/** A socket or loopback: nobody else hears what is said. */
function isLocalDatabase(host: string): boolean {
  return host.startsWith('/') || isLoopbackHost(host);
}

function checkPassword(user: string, password: string, context: ReadingContext): void {
  if (password === '') return; // a certificate, a socket's account or a trusted network says who we are
  try {
    strong(password, context);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    throw new Invalid(`has a password that ${error.message}`);
  }
  if (context.production && password.toLowerCase() === user.toLowerCase())
    throw new Invalid("has a password that is too weak: it is the user's name");
}
