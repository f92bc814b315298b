import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { Secret } from './secret';

/*
 * What environment variables are made of, besides zod's own. An error says what is wanted and never repeats the value. `writeOnly`, a word
 * of JSON Schema, marks a secret.
 */

/** Of what one variable's text is read as. */
export type Variable<T> = z.ZodType<T, string>;

const SECRET = { writeOnly: true };
const MIN_SECRET_LENGTH = 16;
const MIN_DISTINCT_CHARACTERS = 6;
const MAX_WAIT_SECONDS = 10 * 365 * 86_400;

const stricter = z.registry<{ readonly instead: () => unknown }>();

/** A schema in whose place production has a stricter one, so that a laptop stays convenient. */
export function inProduction<S extends z.ZodType>(schema: S, instead: z.ZodType<z.output<S>>): S {
  stricter.add(schema, { instead: () => instead });
  return schema;
}

/** The schema as it counts in production. */
export function asInProduction(schema: z.ZodType): z.ZodType {
  const instead = stricter.get(schema)?.instead() as z.ZodType | undefined;
  if (instead !== undefined) return asInProduction(instead);
  if (schema instanceof z.ZodOptional) return asInProduction(schema.unwrap() as z.ZodType).optional();
  if (schema instanceof z.ZodPrefault)
    return asInProduction(schema.unwrap() as z.ZodType).prefault(schema.def.defaultValue);
  return schema;
}

export function isSecret(schema: z.ZodType): boolean {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).writeOnly === true;
}

/** Cannot be guessed. */
export const strongText = z
  .string()
  .min(MIN_SECRET_LENGTH, `is too weak: at least ${MIN_SECRET_LENGTH} characters are wanted`)
  .refine((text) => new Set(text).size >= MIN_DISTINCT_CHARACTERS, 'is too weak: it repeats a few characters')
  .refine((text) => !repeatsItself(text.toLowerCase()), 'is too weak: it repeats itself');

/** A secret that a partner issued: its strength is the partner's choice. */
export function partnerSecret(): Variable<Secret> {
  return secretOf(z.string());
}

/** A secret that we chose: in production at least 16 characters that do not repeat themselves. */
export function secret(): Variable<Secret> {
  return inProduction(secretOf(z.string()), secretOf(strongText));
}

function secretOf(text: z.ZodString): Variable<Secret> {
  return text.transform((value) => new Secret(value)).meta(SECRET);
}

/** A whole number between `min` and `max`, both included. */
export function integer({ min = 0, max = MAX_WAIT_SECONDS } = {}): Variable<number> {
  const message = `must be a whole number from ${min} to ${max}`;
  const digits = z.string().regex(/^\d{1,15}$/, message);
  return digits.transform(Number).pipe(z.number().min(min, message).max(max, message));
}

/** A comma-separated list of at least one item. */
export function list(wanted = 'names', each = /^/): Variable<readonly string[]> {
  return z
    .string()
    .transform((raw) =>
      raw
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .refine(
      (items) => items.length > 0 && items.every((item) => each.test(item)),
      `must be a comma-separated list of ${wanted}`,
    );
}

const ADDRESS_RANGE = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

/** A comma-separated list of IP addresses and CIDR ranges. */
export function addressRanges(): Variable<readonly string[]> {
  return list('addresses or CIDR ranges').refine(
    (ranges) => ranges.every((range) => ADDRESS_RANGE.safeParse(range).success),
    'must be a comma-separated list of addresses or CIDR ranges',
  );
}

/** A URL as it stands: `https:` in production, plain `http:` only on loopback elsewhere. */
export function address(): Variable<string> {
  return httpUrl(({ href }) => href);
}

/** A base URL, to be followed by a path: without trailing slash. Schemes as for {@link address}. */
export function url(): Variable<string> {
  return httpUrl(({ href }) => href.replace(/\/+$/, ''));
}

function httpUrl(textOf: (url: URL) => string): Variable<string> {
  const anyUrl = z
    .string()
    .meta({ format: 'uri' })
    .refine((raw) => URL.canParse(raw), { error: 'must be an absolute URL', abort: true })
    .transform((raw) => new URL(raw))
    .refine(({ username, password }) => username + password === '', 'must not carry credentials')
    .refine(({ hash, search }) => hash + search === '', 'must have neither query nor fragment');
  return inProduction(
    anyUrl.refine(isHttpsOrLocal, 'must be https: (plain http: only on loopback)').transform(textOf),
    anyUrl.refine(({ protocol }) => protocol === 'https:', 'must be https:').transform(textOf),
  );
}

/** Whether nobody hears what is said with the URL's host. */
export function isHttpsOrLocal({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

/** Whether a URL's host name is this machine's loopback (RFC 6761 `localhost`, 127.0.0.0/8, ::1). */
export function isLoopbackHost(hostname: string): boolean {
  return /^(localhost|\[::1\]|::1|127(\.\d{1,3}){3})$/.test(hostname);
}

/** 32 random bytes in base64. */
export function key32(): Variable<Secret<Buffer>> {
  const message = 'must be 32 bytes in base64';
  return z
    .string()
    .regex(/^[A-Za-z0-9+/]+={0,2}$/, { error: message, abort: true })
    .transform((raw) => Buffer.from(raw, 'base64'))
    .refine((bytes) => bytes.length === 32, message)
    .refine(
      (bytes) => new Set(bytes).size >= MIN_DISTINCT_CHARACTERS,
      'is too weak: 32 random bytes are wanted',
    )
    .transform((bytes) => new Secret(bytes))
    .meta(SECRET);
}

/** PEM, with real newlines or the two characters `\n` (contract §6, Operation). */
export const pem = z.string().transform((raw) => (raw.includes('\n') ? raw : raw.replaceAll('\\n', '\n')));

/** An Ed25519 private key as PKCS#8 PEM. */
export function ed25519Key(): Variable<Secret> {
  return pem
    .refine(isEd25519Key, 'must be an Ed25519 private key as PKCS#8 PEM')
    .transform((key) => new Secret(key))
    .meta(SECRET);
}

function isEd25519Key(key: string): boolean {
  try {
    return createPrivateKey(key).asymmetricKeyType === 'ed25519';
  } catch {
    return false; // the reason must not repeat the key
  }
}

/** Certificates of the authorities to trust, as PEM. */
export function certificates(): Variable<string> {
  return pem.refine(holdsCertificates, 'must hold certificates as PEM');
}

function holdsCertificates(text: string): boolean {
  try {
    for (const certificate of text.split(/(?<=-----END CERTIFICATE-----)\s*/).filter(Boolean))
      new X509Certificate(certificate);
    return true;
  } catch {
    return false;
  }
}

/** Whether its last third only says again how it begins: `passwordpassword`, `1234567890123456`. */
function repeatsItself(text: string): boolean {
  for (let period = 1; period * 3 <= text.length * 2; period += 1)
    if (text.startsWith(text.slice(period))) return true;
  return false;
}
