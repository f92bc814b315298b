import { Client } from 'pg';
import { z } from 'zod';
import { inProduction, isLoopbackHost, strongText, type Variable } from './schemas';
import { Secret } from './secret';

const TLS_PARAMETER = /^(ssl(mode|cert|key|rootcert|negotiation)?|uselibpqcompat)$/;
/** Values that ask for less than, or as much as, what `DATABASE_TLS=verify` does. */
const ASKS_FOR_TLS = /^(ssl=(true|1)|sslmode=(require|verify-ca|verify-full))$/;
const ASKS_FOR_NONE = /^(ssl=(false|0)|sslmode=disable)$/;

/** A PostgreSQL connection string; production takes no password that can be guessed. */
export function postgresUrl(): Variable<Secret> {
  const text = z
    .string()
    .meta({ writeOnly: true })
    .refine((raw) => asTheDriver(raw) !== undefined, {
      error: 'must be postgres://user:password@host:port/database, special characters as %XX',
      abort: true,
    })
    .superRefine((raw, context) => {
      const refused = refusedTlsParameter(raw);
      if (refused !== undefined)
        context.addIssue(`must not set ${refused} so: DATABASE_TLS and DATABASE_CA_FILE say how TLS is used`);
    });
  const guarded = text.superRefine((raw, context) => {
    const weakness = weaknessOf(raw);
    if (weakness !== undefined) context.addIssue(`has a password that ${weakness}`);
  });
  return inProduction(
    text.transform((raw) => new Secret(raw)),
    guarded.transform((raw) => new Secret(raw)),
  );
}

/** Without what it says about TLS, for a driver that is told otherwise. */
export function withoutTlsParameters(url: string): string {
  if (tlsParameters(url).length === 0) return url;
  const parsed = new URL(url);
  for (const name of [...parsed.searchParams.keys()])
    if (TLS_PARAMETER.test(name)) parsed.searchParams.delete(name);
  return parsed.href;
}

/** Whether the connection is to be encrypted: a remote one always, one on this machine when it asks for it. */
export function needsTls(url: string): boolean {
  return !isLocalDatabase(url) || tlsParameters(url).some((parameter) => ASKS_FOR_TLS.test(parameter));
}

function tlsParameters(url: string): string[] {
  return [...new URL(url).searchParams]
    .filter(([name]) => TLS_PARAMETER.test(name))
    .map(([name, value]) => `${name}=${value}`);
}

/** The driver's own reading, with what it adds from `PGHOST`, `PGUSER` and `PGPASSWORD`; undefined where it cannot be read. */
function asTheDriver(url: string): Pick<Client, 'user' | 'password' | 'host'> | undefined {
  if (!/^postgres(ql)?:\/\/\S+$/.test(url)) return undefined;
  try {
    decodeURIComponent(url); // TypeORM reads it too, and is stricter
    return new Client(withoutTlsParameters(url));
  } catch {
    return undefined;
  }
}

/** A socket or loopback: nobody else hears what is said. */
function isLocalDatabase(url: string): boolean {
  const host = asTheDriver(url)?.host ?? '';
  return host.startsWith('/') || isLoopbackHost(host);
}

function refusedTlsParameter(url: string): string | undefined {
  const local = isLocalDatabase(url);
  const refused = tlsParameters(url).find(
    (parameter) => !ASKS_FOR_TLS.test(parameter) && !(local && ASKS_FOR_NONE.test(parameter)),
  );
  return refused?.split('=', 1).join();
}

/** Without a password a certificate, a socket's account or a trusted network says who we are. */
function weaknessOf(url: string): string | undefined {
  const { user = '', password } = asTheDriver(url) ?? {};
  if (!password) return undefined;
  const weak = strongText.safeParse(password).error?.issues[0]?.message;
  const isName = password.toLowerCase() === user.toLowerCase();
  return weak ?? (isName ? "is too weak: it is the user's name" : undefined);
}
