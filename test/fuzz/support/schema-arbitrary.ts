import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import fc, { type Arbitrary } from 'fast-check';
import { resolved } from '../../support/reference';

/** What of JSON Schema the document uses for requests. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly example?: unknown;
}

const LAST_DAY = new Date('2100-12-31T00:00:00.000Z');
const YESTERDAY = new Date(Date.now() - 36 * 3_600_000);
const EARLIER = new Date(Date.now() - 3_600_000);

const days = (max: Date): Arbitrary<string> =>
  fc.date({ min: new Date('1900-01-01T00:00:00.000Z'), max, noInvalidDate: true }).map(isoDay);
const isoDay = (date: Date): string => date.toISOString().slice(0, 10);

const instants = (max: Date): Arbitrary<string> =>
  fc
    .tuple(
      fc.date({ min: new Date('1900-01-02T00:00:00.000Z'), max, noInvalidDate: true }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom('Z', '+07:00', '-11:30'),
    )
    .map(([date, digits, zone]) => inZone(date, digits, zone));

function inZone(date: Date, digits: number, zone: string): string {
  const [hours = 0, minutes = 0] = zone === 'Z' ? [] : zone.slice(1).split(':').map(Number);
  const ahead = (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  const [seconds = '', milliseconds = ''] = new Date(date.getTime() + ahead)
    .toISOString()
    .slice(0, -1)
    .split('.');
  return `${seconds}.${milliseconds.padEnd(digits, '0').slice(0, digits)}${zone}`;
}

/** Letters of many scripts, combining ones and those beyond 16 bits; in normal form C, as the document says texts are kept. */
const LETTERS = ['a', 'Z', 'é', 'ß', 'ű', 'Ж', 'ع', 'ฎ', '漢', '한', 'ꦲ', '𝔘', '𠮷', 'ᬩ᬴', 'q̈'];
const MARKS = [' ', '-', '.', "'", '’', '(', ')', '1', '/', ',', '👍', '🇮🇩'];
const words = (least: number, most: number): Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...LETTERS),
      fc.array(fc.constantFrom(...LETTERS, ...LETTERS, ...MARKS), {
        maxLength: Math.max(least, Math.min(most / 3, 60)),
      }),
    )
    .map(([first, rest]) => [first, ...rest].join('').trim());

/** RFC 5321 §4.5.3.1.1, which no pattern can state beside the rest. */
const LONG_LOCAL_PART = /^[^@]{65,}@/;

/** Formats whose rule no pattern can state; the document's introduction does. */
const BY_FORMAT: Readonly<Record<string, (schema: Schema) => Arbitrary<unknown>>> = {
  uuid: () => fc.uuid(),
  date: ({ description = '' }) => days(/in the (past|future)/i.test(description) ? YESTERDAY : LAST_DAY),
  'date-time': ({ description = '' }) =>
    instants(/not in the future/i.test(description) ? EARLIER : LAST_DAY),
  line: ({ minLength = 0, maxLength = 200 }) => words(minLength, maxLength),
  'person-name': ({ minLength = 0, maxLength = 200 }) => words(minLength, maxLength),
  'plain-words': ({ minLength = 0, maxLength = 200 }) =>
    words(minLength, maxLength).map((text) => text.replaceAll('1', '')),
  identifier: () =>
    fc.oneof(fc.uuid(), fc.stringMatching(/^[A-Za-z]([A-Za-z._-]{0,4}[A-Za-z][0-9]{0,4}[A-Za-z]){0,5}$/)),
};

/** Values that a schema allows, and values that it does not. */
export class SchemaArbitraries {
  readonly #ajv = addFormats(new Ajv2020({ strict: false, allErrors: false, formats: WORDS_ONLY }));
  readonly #validators = new Map<Schema, ValidateFunction>();

  constructor(private readonly document: object) {
    this.#ajv.addSchema(document, 'api');
  }

  allows(schema: Schema, value: unknown): boolean {
    let validate = this.#validators.get(schema);
    if (validate === undefined) {
      const absolute = JSON.stringify(schema).replaceAll('"#/', '"api#/');
      validate = this.#ajv.compile(JSON.parse(absolute) as object);
      this.#validators.set(schema, validate);
    }
    return validate(value);
  }

  /** @param special replaces what a property may hold, where more than its schema decides */
  valid(schema: Schema, special: Readonly<Record<string, Arbitrary<unknown>>> = {}): Arbitrary<unknown> {
    return this.#values(schema, special).filter((value) => this.allows(schema, value));
  }

  #values(given: Schema, special: Readonly<Record<string, Arbitrary<unknown>>>): Arbitrary<unknown> {
    const schema = this.resolve(given);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    if (schema.oneOf !== undefined) {
      const { oneOf, ...rest } = schema;
      return fc.oneof(...oneOf.map((branch) => this.#values(both(rest, branch), special)));
    }
    switch (schema.type) {
      case 'string':
        return text(schema);
      case 'integer':
        return fc.integer({ min: schema.minimum ?? -1e15, max: schema.maximum ?? 1e15 });
      case 'boolean':
        return fc.boolean();
      case 'object':
        return this.#object(schema, special);
      default:
        throw new Error(`nobody said how to make a ${JSON.stringify(schema)}`);
    }
  }

  #object(schema: Schema, special: Readonly<Record<string, Arbitrary<unknown>>>): Arbitrary<unknown> {
    const { properties = {}, required = [], additionalProperties } = schema;
    const fields = Object.entries(properties).map(([name, inner]) => [
      name,
      special[name] ?? this.#values(inner, special),
    ]);
    const known = fc.record(Object.fromEntries(fields) as Record<string, Arbitrary<unknown>>, {
      requiredKeys: [...required],
    });
    if (additionalProperties === false) return known;
    // A webhook may grow: whatever else there is must not matter.
    const grown = fc.dictionary(
      fc.stringMatching(/^grown[A-Za-z_]{1,8}$/),
      additionalProperties ? fc.string() : fc.jsonValue(),
      {
        maxKeys: 3,
      },
    );
    return fc.tuple(known, grown).map(([fixed, more]) => ({ ...more, ...fixed }));
  }

  resolve(schema: Schema): Schema {
    const { $ref, ...beside } = schema;
    return $ref === undefined ? schema : { ...resolved({ $ref }, this.document), ...beside };
  }

  /** What a field must not hold: every edge of its schema, the wrong kinds, and what no text may be. */
  invalid(given: Schema): readonly unknown[] {
    const schema = this.resolve(given);
    const { minimum, maximum, maxLength } = schema;
    const candidates: unknown[] = [
      ...[
        null,
        0,
        -1,
        1.5,
        1e300,
        true,
        [],
        ['x'],
        {},
        { x: 1 },
        '',
        ' ',
        'x',
        '-',
        '\u0000',
        'a\nb',
        'x'.repeat(3_000),
      ],
      ...(minimum === undefined ? [] : [minimum - 1, minimum + 0.5]),
      ...(maximum === undefined ? [] : [maximum + 1, maximum * 2]),
      ...(maxLength === undefined ? [] : ['a'.repeat(maxLength + 1), `a@${'b'.repeat(maxLength)}.id`]),
      ...(schema.enum === undefined ? [] : schema.enum.map((word) => String(word).toLowerCase() + '_')),
      ...(schema.pattern === undefined && schema.format === undefined ? [] : WRONG),
    ];
    return candidates.filter((value) => !this.allows(schema, value));
  }
}

/** Near misses of what the document's patterns and formats are for. */
const WRONG: readonly unknown[] = [
  ...[
    '31710101019000',
    '31710101019000011',
    '3171013201900001',
    '3171013002900001',
    '6285',
    '+1 555 0100',
    '0212345678',
  ],
  ...[
    '2026-02-30',
    '1899-12-31',
    '2026-13-01',
    '26-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
    'yesterday',
  ],
  ...[
    'a@b',
    'a@b.c',
    '@b.id',
    'a b@c.id',
    'ftp://nanovest.example/',
    'javascript:alert(1)',
    'https://',
    'http://x.id/1',
  ],
];

const visible = (text: string): boolean =>
  /[\p{L}\p{N}\p{P}\p{S}]/u.test(text) && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);
const WORDS_ONLY = {
  line: visible,
  'person-name': (text: string) => visible(text) && /\p{L}/u.test(text),
  'plain-words': (text: string) => visible(text) && !/[@<>]|\d[\d\s.-]{4,}\d/u.test(text),
  identifier: (text: string) => !/\d{16}/.test(text),
};

function text(schema: Schema): Arbitrary<unknown> {
  const { format = '', pattern, minLength = 0, maxLength } = schema;
  const own = BY_FORMAT[format];
  if (own !== undefined) return own(schema);
  const lengths = { minLength, ...(maxLength === undefined ? {} : { maxLength }) };
  if (pattern !== undefined)
    return fc.stringMatching(new RegExp(pattern, 'u')).filter((some) => !LONG_LOCAL_PART.test(some));
  return fc
    .string({ ...lengths, unit: fc.constantFrom(...LETTERS, ...MARKS) })
    .map((some) => some.normalize('NFC'));
}

/** One way of a `oneOf` put into the schema that it narrows. */
function both(schema: Schema, branch: Schema): Schema {
  const narrowed = Object.entries(branch.properties ?? {}).map(([name, inner]): [string, Schema] => [
    name,
    { ...schema.properties?.[name], ...inner },
  ]);
  return {
    ...schema,
    required: [...new Set([...(schema.required ?? []), ...(branch.required ?? [])])],
    properties: { ...schema.properties, ...Object.fromEntries(narrowed) },
  };
}
