import { readFileSync } from 'node:fs';
import fc, { type Arbitrary } from 'fast-check';
import type { Schema, SchemaArbitraries } from './schema-arbitrary';

/** Kinds of values that nobody else has. Each is recognised wherever it stands, however it is spelt, by a part that all of a kind share. */
const KINDS: Readonly<Record<string, (n: number) => string>> = {
  word: (n) => `Kqzxwv${letters(n)}`,
  NIK: (n) => `887766130731${padded(n)}`,
  'date of birth': (n) =>
    `1931-${String((n % 12) + 1).padStart(2, '0')}-${String((n % 28) + 1).padStart(2, '0')}`,
  'phone number': (n) => `628579977${padded(n)}`,
  'e-mail address': (n) => `kqzxwv${letters(n)}@canary.example`,
  address: (n) => `https://nanovest.example/Kqzxwv${letters(n)}`,
};
const RECOGNISED = /kqzxwv[a-z]{4}|887766130731\d{4}|1931-\d\d-\d\d|\d\d-\d\d-1931|857\D?9977\D?\d{4}/gi;
/** Anybody’s token: two objects of JSON in base64url, and what signs them. */
const TOKEN = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g;
const BASE64 = /[A-Za-z0-9+/_-]{20,}={0,2}/g;

/** A place for nobody’s data, as the document says; what could be a NIK or a phone number is refused there. */
const NOT_PERSONAL = ['identifier', 'uuid', 'date-time'];

const letters = (n: number): string =>
  String.fromCharCode(...[17_576, 676, 26, 1].map((place) => 97 + (Math.floor(n / place) % 26)));
const padded = (n: number): string => String(n % 10_000).padStart(4, '0');

/** What is planted, and how it is found again. */
export class Canaries {
  /** Where each comes from. */
  readonly planted = new Map<string, string>();
  readonly #secrets = new Map<string, string>();
  #made = 0;

  /** A new one. */
  plant(kind: keyof typeof KINDS, whence: string): string {
    const value = KINDS[kind]?.((this.#made += 1)) ?? '';
    this.planted.set(markOf(value), whence);
    return value;
  }

  /** New ones for a place of a request, of every kind that its schema takes; undefined where it takes none. */
  for(schemas: SchemaArbitraries, given: Schema, whence: string): Arbitrary<string> | undefined {
    const schema = schemas.resolve(given);
    const { type, format = '', enum: words } = schema;
    if (type !== 'string' || words !== undefined || NOT_PERSONAL.includes(format)) return undefined;
    const kinds = Object.entries(KINDS).flatMap(([kind, make]) =>
      schemas.allows(schema, make(0)) ? [kind] : [],
    );
    if (kinds.length === 0) return undefined;
    return fc.constantFrom(...kinds).map((kind) => this.plant(kind, whence));
  }

  /** A value that was not made here and is found by itself. Short ones are not: they would be found by chance. */
  keep(value: unknown, whence: string): void {
    if (typeof value === 'string' && value.length >= 8) this.#secrets.set(value.toLowerCase(), whence);
  }

  /** The gateway's own secrets, by the generated schema of its environment, each piece that is secret for itself. */
  keepSettings(environment: Readonly<Record<string, string>>): void {
    const schema = JSON.parse(readFileSync('docs/generated/environment.schema.json', 'utf8')) as {
      properties: Record<string, { writeOnly?: boolean }>;
      patternProperties: Record<string, { writeOnly?: boolean }>;
    };
    const secret = Object.entries({ ...schema.properties, ...schema.patternProperties })
      .filter(([, { writeOnly }]) => writeOnly === true)
      .map(([name]) => new RegExp(name.startsWith('^') ? name : `^${name}$`));
    for (const [name, value] of Object.entries(environment))
      if (secret.some((pattern) => pattern.test(name)))
        for (const piece of pieces(value)) this.keep(piece, name);
  }

  /** Where the canaries in a text come from. */
  whences(text: string): string[] {
    return [...text.matchAll(RECOGNISED)].flatMap(([value]) => this.planted.get(markOf(value)) ?? []);
  }

  get size(): number {
    return this.planted.size + this.#secrets.size;
  }

  /** What of all this a text shows: in clear, or in base64 within it. */
  seen(text: string): string[] {
    const decoded = [...text.matchAll(BASE64)].map(([run]) => Buffer.from(run, 'base64').toString('latin1'));
    const shown = `${text}\n${decoded.join('\n')}`;
    const lower = shown.toLowerCase();
    const kept = [...this.#secrets].filter(([value]) => lower.includes(value));
    const found = [
      ...[...shown.matchAll(RECOGNISED)].map(({ 0: value, index }) => [value, index] as const),
      ...[...shown.matchAll(TOKEN)].map(({ index }) => ['a token', index] as const),
      ...kept.map(([value, whence]) => [whence, lower.indexOf(value)] as const),
    ];
    return found.map(([value, at]) => {
      const whence = this.planted.get(markOf(value)) ?? 'somebody’s';
      return `${value} (${whence}): …${shown.slice(Math.max(0, at - 120), at + 60)}…`;
    });
  }
}

/** What a canary is recognised by. */
function markOf(value: string): string {
  return (value.match(RECOGNISED)?.[0] ?? value).toLowerCase();
}

/** What of a setting is secret: a password without its user, a key without its name. */
function pieces(value: string): string[] {
  if (value.startsWith('{')) {
    const inner = Object.values(JSON.parse(value) as Record<string, string>);
    return inner.filter((one) => /^(Bearer|Basic) /.test(one)).map((one) => one.replace(/^\w+ /, ''));
  }
  if (/^[a-z]+:\/\//.test(value)) return [decodeURIComponent(new URL(value).password)];
  if (value.includes('PRIVATE KEY')) return value.split(/\\n|\n/).filter((line) => !line.startsWith('-'));
  return value.split(',').flatMap((one) => {
    const secret = one.replace(/^(Bearer |[\w-]+:|whsec_)/, '');
    return [secret, Buffer.from(secret, 'base64').toString('latin1')];
  });
}
