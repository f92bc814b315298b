import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isLoopbackHost } from './loopback';
import { Secret } from './secret';

/** What a variable may know about the world it is read in. */
export interface ReadingContext {
  readonly production: boolean;
}

/** One environment variable: how it is read, and how it reads in the generated reference. */
export interface Variable<T> {
  readonly about: string;
  readonly secret: boolean;
  /** The text that stands in when the variable is unset; `undefined` means there is none. */
  readonly default: string | undefined;
  /** Mandatory in production although optional elsewhere. */
  readonly neededInProduction: boolean;
  /** The value, or an Invalid with a message that never repeats the value. */
  readonly read: (raw: string, context: ReadingContext) => T;
  /** The bytes of the keys in what `read` accepts: in production none may serve two purposes. */
  readonly keysIn?: (raw: string) => readonly Buffer[];
}

/** The variable is set to something that cannot be used; the message says what is wanted and never repeats the value. */
export class Invalid extends Error {}

interface Options {
  readonly about: string;
  readonly default?: string;
  readonly neededInProduction?: boolean;
}

const SHORTEST_SECRET = 16;
const FEWEST_DISTINCT_CHARACTERS = 6;
const MAX_WAIT_SECONDS = 10 * 365 * 86_400;

function variable<T>(options: Options, read: Variable<T>['read'], secret = false): Variable<T> {
  return {
    about: options.about,
    default: options.default,
    neededInProduction: options.neededInProduction ?? false,
    secret,
    read,
  };
}

/** Any non-empty text. */
export function text(options: Options): Variable<string> {
  return variable(options, (raw) => raw);
}

/** A secret that we chose: in production at least 16 characters that do not repeat themselves. */
export function secret(options: { readonly about: string }): Variable<Secret> {
  return variable(options, (raw, context) => new Secret(strong(raw, context)), true);
}

/** A secret that a partner issued: its strength is the partner's choice. */
export function partnerSecret(options: { readonly about: string }): Variable<Secret> {
  return variable(options, (raw) => new Secret(raw), true);
}

/** A text that one of `words` matches exactly. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  options: Options & { readonly default?: NoInfer<Word> },
): Variable<Word> {
  return variable(options, (raw) => {
    const word = words.find((candidate) => candidate === raw);
    if (word === undefined) throw new Invalid(`must be one of ${words.join(', ')}`);
    return word;
  });
}

/** A whole number between `min` and `max`, both included. */
export function integer(
  options: Options & { readonly min?: number; readonly max?: number },
): Variable<number> {
  const min = options.min ?? 0;
  const max = options.max ?? MAX_WAIT_SECONDS;
  return variable(options, (raw) => {
    const value = /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
    if (!(value >= min && value <= max)) throw new Invalid(`must be a whole number from ${min} to ${max}`);
    return value;
  });
}

/** A comma-separated list; every item passes `each`. */
export function list(
  options: Options & { readonly each?: RegExp; readonly wanted?: string },
): Variable<readonly string[]> {
  return variable(options, (raw) => {
    const items = raw
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    const bad = options.each === undefined ? false : items.some((item) => !options.each?.test(item));
    if (items.length === 0 || bad)
      throw new Invalid(`must be a comma-separated list of ${options.wanted ?? 'names'}`);
    return items;
  });
}

/** A base URL, to be followed by a path: without trailing slash. Schemes as for {@link address}. */
export function url(options: Options): Variable<string> {
  const { read, ...rest } = address(options);
  return { ...rest, read: (raw, context) => read(raw, context).replace(/\/+$/, '') };
}

/** A URL as it stands: `https:` in production, plain `http:` only on loopback elsewhere. */
export function address(options: Options): Variable<string> {
  return variable(options, (raw, context) => {
    let parsed: URL;
    try {
      parsed = new URL(raw);
    } catch {
      throw new Invalid('must be an absolute URL');
    }
    if (parsed.username !== '' || parsed.password !== '') throw new Invalid('must not carry credentials');
    if (parsed.hash !== '' || parsed.search !== '') throw new Invalid('must have neither query nor fragment');
    if (parsed.protocol === 'https:') return parsed.href;
    const loopback = parsed.protocol === 'http:' && isLoopbackHost(parsed.hostname);
    if (!loopback || context.production)
      throw new Invalid(
        context.production ? 'must be https:' : 'must be https: (plain http: only on loopback)',
      );
    return parsed.href;
  });
}

/** 32 random bytes in base64. */
export function key32(options: { readonly about: string }): Variable<Secret<Buffer>> {
  const read = (raw: string): Secret<Buffer> => new Secret(decodeKey32(raw));
  return { ...variable(options, read, true), keysIn: (raw) => [decodeKey32(raw)] };
}

/** An Ed25519 private key as PKCS#8 PEM. */
export function ed25519Key(options: { readonly about: string }): Variable<Secret> {
  const read = (raw: string): Secret => {
    const pem = unfoldPem(raw);
    try {
      if (createPrivateKey(pem).asymmetricKeyType === 'ed25519') return new Secret(pem);
    } catch {
      /* said below: the reason must not repeat the key */
    }
    throw new Invalid('must be an Ed25519 private key as PKCS#8 PEM');
  };
  return { ...variable(options, read, true), keysIn: (raw) => [seedOf(unfoldPem(raw))] };
}

/** The 32 bytes that an Ed25519 key is made of end its encoding (RFC 8410 §7). */
function seedOf(pem: string): Buffer {
  return createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' }).subarray(-32);
}

/** Certificates of the authorities to trust, as PEM. */
export function certificates(options: Options): Variable<string> {
  return variable(options, (raw) => {
    const pem = unfoldPem(raw);
    try {
      for (const certificate of pem.split(/(?<=-----END CERTIFICATE-----)\s*/).filter(Boolean))
        new X509Certificate(certificate);
      return pem;
    } catch {
      throw new Invalid('must hold certificates as PEM');
    }
  });
}

/** Any value that `parse` understands; `parse` throws {@link Invalid}. */
export function custom<T>(
  options: Options & { readonly secret?: boolean },
  parse: Variable<T>['read'],
): Variable<T> {
  return variable(options, parse, options.secret ?? false);
}

/** PEM values take real newlines or the two characters `\n` (contract §6, Operation). */
export function unfoldPem(raw: string): string {
  return raw.includes('\n') ? raw : raw.replaceAll('\\n', '\n');
}

export function decodeKey32(raw: string): Buffer {
  const bytes = Buffer.from(raw, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(raw) || bytes.length !== 32)
    throw new Invalid('must be 32 bytes in base64');
  if (new Set(bytes).size < FEWEST_DISTINCT_CHARACTERS)
    throw new Invalid('is too weak: 32 random bytes are wanted');
  return bytes;
}

/** Refuses what can be guessed; only production is strict, so that a laptop stays convenient. */
export function strong(raw: string, context: ReadingContext): string {
  if (!context.production) return raw;
  if (raw.length < SHORTEST_SECRET)
    throw new Invalid(`is too weak: at least ${SHORTEST_SECRET} characters are wanted`);
  if (new Set(raw).size < FEWEST_DISTINCT_CHARACTERS)
    throw new Invalid('is too weak: it repeats a few characters');
  if (repeatsItself(raw.toLowerCase())) throw new Invalid('is too weak: it repeats itself');
  return raw;
}

/** Whether its last third only says again how it begins: `passwordpassword`, `1234567890123456`. */
function repeatsItself(text: string): boolean {
  for (let period = 1; period * 3 <= text.length * 2; period += 1)
    if (text.startsWith(text.slice(period))) return true;
  return false;
}
