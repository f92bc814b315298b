import fc, { type Arbitrary } from 'fast-check';
import type { Operation as Documented } from '../../support/api-document';
import { type Schema, SchemaArbitraries } from './schema-arbitrary';

/** A parameter or body as the document has it, with whole schemas. */
export interface Operation extends Omit<Documented, 'parameters' | 'requestBody'> {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody:
    { readonly content: Readonly<Record<string, { readonly schema: Schema }>> } | undefined;
}
interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

/** One request, to be sent as it stands but for its proof. */
export interface Order {
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: none. */
  readonly body: unknown;
  /** Bytes instead of the body. */
  readonly raw?: string;
  /** What is wrong with it. */
  readonly wrong?: string;
}

/** What may stand in a place of one operation, where more than the schema decides. Keys are `operationId.name` or `name`. */
export type Specials = Readonly<Record<string, Arbitrary<unknown>>>;

/** Requests of one operation, made from what the document says of it. */
export class RequestArbitraries {
  readonly #specials: Specials;
  readonly #isOurs: boolean;

  constructor(
    readonly operation: Operation,
    private readonly schemas: SchemaArbitraries,
    specials: Specials,
  ) {
    const { operationId, security } = operation;
    const own = Object.entries(specials).flatMap(([key, value]) =>
      key.startsWith(`${operationId}.`) ? [[key.slice(operationId.length + 1), value] as const] : [],
    );
    this.#specials = { ...specials, ...Object.fromEntries(own) };
    this.#isOurs = (security ?? []).some((scheme) => 'user' in scheme || 'back-office' in scheme);
  }

  valid(): Arbitrary<Order> {
    return fc.record({
      path: this.#named('path') as Arbitrary<Record<string, string>>,
      query: this.#named('query').map((query) =>
        Object.entries(query).map(([name, value]) => [name, String(value)] as const),
      ),
      headers: this.#named('header') as Arbitrary<Record<string, string>>,
      body: this.#body(),
    });
  }

  /** A valid request with one thing wrong; undefined where nothing can be. */
  invalid(): Arbitrary<Order> | undefined {
    const mistakes = [...this.#inParameters(), ...this.#inBody()];
    if (mistakes.length === 0) return undefined;
    return fc.tuple(this.valid(), fc.constantFrom(...mistakes)).map(([order, mistake]) => mistake(order));
  }

  get #content(): readonly [media: string, schema: Schema] | undefined {
    const [first] = Object.entries(this.operation.requestBody?.content ?? {});
    return first === undefined ? undefined : [first[0], this.schemas.resolve(first[1].schema)];
  }

  #body(): Arbitrary<unknown> {
    const special = this.#specials['body'];
    if (special !== undefined && this.#content !== undefined) return special;
    return this.#content === undefined
      ? fc.constant(undefined)
      : this.schemas.valid(this.#content[1], this.#specials);
  }

  #named(where: string): Arbitrary<Record<string, unknown>> {
    const parameters = this.operation.parameters.filter((parameter) => parameter.in === where);
    const values = parameters.map(({ name, schema }): [string, Arbitrary<unknown>] => [
      name,
      this.#specials[name] ?? (where === 'header' ? headerText(schema) : this.schemas.valid(schema)),
    ]);
    const requiredKeys = parameters.filter(({ required }) => required === true).map(({ name }) => name);
    return fc.record(Object.fromEntries(values), { requiredKeys });
  }

  #inParameters(): ((order: Order) => Order)[] {
    const mistakes: ((order: Order) => Order)[] = [];
    for (const { in: where, name, required, schema } of this.operation.parameters) {
      const values = this.schemas.invalid(schema).filter((value) => !this.#readAlike(schema, value));
      const texts = [...new Set(values.map(written))];
      if (where === 'path')
        for (const text of texts.filter((one) => one !== ''))
          mistakes.push((order) => ({
            ...order,
            path: { ...order.path, [name]: text },
            wrong: `path ${name}`,
          }));
      if (where !== 'query') continue;
      for (const text of texts)
        mistakes.push((order) => ({
          ...order,
          query: [...without(order, name), [name, text]],
          wrong: `query ${name}`,
        }));
      if (required === true)
        mistakes.push((order) => ({ ...order, query: without(order, name), wrong: `query ${name}` }));
      if (this.#isOurs)
        mistakes.push((order) => ({
          ...order,
          query: [...order.query, [name, '1'], [name, '1']],
          wrong: `query ${name}`,
        }));
    }
    if (this.#isOurs)
      mistakes.push((order) => ({
        ...order,
        query: [...order.query, ['surprise', '1']],
        wrong: 'query surprise',
      }));
    return mistakes;
  }

  /** In an address everything is text, and a number is read from it. */
  #readAlike(schema: Schema, value: unknown): boolean {
    const text = written(value);
    const { type } = this.schemas.resolve(schema);
    const read = type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
    return this.schemas.allows(schema, read);
  }

  #inBody(): ((order: Order) => Order)[] {
    const content = this.#content;
    if (content === undefined || content[1].type !== 'object') return [];
    const [media, schema] = content;
    const mistakes: ((order: Order) => Order)[] = [];
    const change = (name: string, of: (body: object) => object): void => {
      mistakes.push((order) => ({ ...order, body: of(order.body as object), wrong: `body ${name}` }));
    };
    for (const [name, inner] of Object.entries(schema.properties ?? {}))
      for (const value of this.schemas.invalid(inner)) change(name, (body) => ({ ...body, [name]: value }));
    for (const name of schema.required ?? [])
      change(name, (body) => Object.fromEntries(Object.entries(body).filter(([field]) => field !== name)));
    if (schema.additionalProperties === false) change('surprise', (body) => ({ ...body, surprise: 1 }));
    if (media !== 'application/json') return mistakes;
    for (const raw of [
      '[]',
      '"x"',
      '1',
      'null',
      '{',
      '{"a":1}{}',
      '\ufeff',
      '{"__proto__":1}',
      `${'['.repeat(500)}${']'.repeat(500)}`,
    ])
      mistakes.push((order) => ({ ...order, raw, wrong: `body ${raw.slice(0, 20)}` }));
    mistakes.push((order) => ({
      ...order,
      headers: { ...order.headers, 'content-type': 'text/plain' },
      wrong: 'type',
    }));
    return mistakes;
  }
}

/** As an address has it. */
function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function without({ query }: Order, name: string): Order['query'] {
  return query.filter(([other]) => other !== name);
}

/** A header holds what RFC 9110 §5.5 lets it, without blanks around it. */
function headerText({ pattern, maxLength = 60 }: Schema): Arbitrary<string> {
  return pattern === undefined
    ? fc.stringMatching(/^[!-~]([ -~]{0,50}[!-~])?$/).filter(({ length }) => length <= maxLength)
    : fc.stringMatching(new RegExp(pattern, 'u'));
}
