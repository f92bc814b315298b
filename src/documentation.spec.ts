import { readFileSync, statSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

/** What a reference leads to. */
function resolved(value: Json, document: Json): Json {
  if (typeof value['$ref'] !== 'string') return value;
  const names = value['$ref'].slice(2).split('/');
  return names.reduce((node, name) => node[name] as Json, document);
}

type Json = Readonly<Record<string, unknown>>;

/** The document as callers get it; that it is the program's own is checked where it is generated. */
const DOCUMENT = JSON.parse(readFileSync('openapi.json', 'utf8')) as Json;

const SCHEMAS = (DOCUMENT['components'] as { schemas: Readonly<Record<string, Json>> }).schemas;

/** OpenAPI's words beside those of JSON Schema. */
const ANNOTATIONS = ['example', 'xml', 'externalDocs', 'discriminator', 'components'];

/** In words, in the document's description. */
const OWN_FORMATS = ['identifier', 'line', 'person-name', 'plain-words'];

// Strict: a keyword that has no effect where it stands is a mistake of the document.
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false, allErrors: true });
addFormats(ajv);
ajv.addVocabulary(ANNOTATIONS);
for (const format of OWN_FORMATS) ajv.addFormat(format, true);

/** Why the value is not what the schema says; empty when it is. */
function faults(value: unknown, schema: Json): string[] {
  const validate = ajv.compile({ ...schema, components: { schemas: SCHEMAS } });
  void validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Shown {
  readonly where: string;
  readonly value: unknown;
  readonly schema: Json;
}

/** Every example in the document with the schema that it is an example of. */
function* shown(node: unknown, place: readonly string[] = []): Generator<Shown> {
  if (Array.isArray(node)) {
    for (const [index, item] of node.entries()) yield* shown(item, [...place, String(index)]);
    return;
  }
  if (!isObject(node)) return;
  const where = place.join(' ');
  // A parameter, a header or a body says its schema; anything else that has an example is a schema.
  const schema = isObject(node['schema']) ? node['schema'] : node;
  const isProperties = place.at(-1) === 'properties';
  if ('example' in node && !isProperties) yield { where, value: node['example'], schema };
  if (isObject(node['examples']) && !isProperties && where !== 'components')
    for (const [name, example] of Object.entries(node['examples']))
      yield { where: `${where} ${name}`, value: resolved(example as Json, DOCUMENT)['value'], schema };
  for (const [name, inner] of Object.entries(node))
    if (isProperties || (name !== 'example' && name !== 'examples')) yield* shown(inner, [...place, name]);
}

/** What a documentation page makes of a schema's properties when nothing else is shown. */
function assembled(schema: Json): unknown {
  if (schema['example'] !== undefined) return schema['example'];
  if (typeof schema['$ref'] === 'string')
    return assembled(SCHEMAS[schema['$ref'].split('/').at(-1) ?? ''] ?? {});
  if (Array.isArray(schema['anyOf'])) return assembled(schema['anyOf'][0] as Json);
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  if (isObject(schema['items'])) return [assembled(schema['items'])];
  if ([schema['type']].flat().includes('string') && schema['format'] === undefined) return 'string';
  if (![schema['type']].flat().includes('object')) return undefined;
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Json>>);
  return Object.fromEntries(
    properties.map(([name, inner]) => [name, assembled(inner)]).filter(([, value]) => value !== undefined),
  );
}

function mayBeNull({ type, anyOf }: Json): boolean {
  const types = Array.isArray(anyOf) ? (anyOf as Json[]).map((one) => one['type']) : [type].flat();
  return types.includes('null');
}

/** As {@link assembled}, with null for whatever may be null: so the API answers where nothing is known. */
function empty(schema: Json): unknown {
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Json>>);
  if (schema['oneOf'] !== undefined) return assembled(schema);
  const nothing = properties.filter(([, inner]) => mayBeNull(inner)).map(([name]) => [name, null]);
  return { ...(assembled(schema) as object), ...(Object.fromEntries(nothing) as object) };
}

describe('the documented examples', () => {
  const examples = [...shown(DOCUMENT)];

  it('stand in a document that is downloaded at once', () => {
    expect(statSync('openapi.json').size).toBeLessThan(180_000);
  });

  it('are many', () => {
    expect(examples.length).toBeGreaterThan(300);
  });

  it('are what their schemas say', () => {
    const wrong = examples.flatMap(({ where, value, schema }) =>
      faults(value, schema).map((fault) => `${where}: ${fault}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.entries(SCHEMAS))('make a whole %s, and one of which little is known', (_name, schema) => {
    expect(faults(assembled(schema), schema)).toEqual([]);
    if (schema['type'] === 'object') expect(faults(empty(schema), schema)).toEqual([]);
  });

  it('are of operations whose names are a verb and a noun, each its own', () => {
    const paths = Object.values(
      DOCUMENT['paths'] as Readonly<Record<string, Readonly<Record<string, Json>>>>,
    );
    const names = paths.flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(names.filter((name) => !/^[a-z]+[A-Z]\w+$/.test(String(name)))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('would be told if they were wrong', () => {
    expect(faults({ type: 'x' }, SCHEMAS['Problem'] ?? {})).toContain(" must have required property 'title'");
  });
});
