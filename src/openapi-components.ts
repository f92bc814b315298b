import type { OpenAPIObject } from '@nestjs/swagger';

type Json = Record<string, unknown>;

/** What stands more than once in the document stands once, under a name, and schemas have no `Dto` in theirs. */
export function shareRepeated(document: OpenAPIObject): OpenAPIObject {
  const text = JSON.stringify(document).replaceAll(/(#\/components\/schemas\/\w+?)Dto"/g, '$1"');
  const plain = JSON.parse(text, (name, value: unknown) =>
    isDefault(name, value) ? undefined : referring(value),
  ) as OpenAPIObject;
  const components = (plain.components ??= {}) as Record<string, Json>;
  components['schemas'] = Object.fromEntries(
    Object.entries(components['schemas'] ?? {}).map(([name, schema]) => [name.replace(/Dto$/, ''), schema]),
  );
  const answers = places(plain, 'responses').filter(({ name }) => Number(name) >= 400);
  shareExamples(components, answers);
  const headers = places(plain, 'responses').flatMap(({ value }) => entries(value['headers']));
  share(components, 'headers', headers, ({ name }) => name);
  share(components, 'responses', answers, ({ name }) => `E${name}`);
  share(components, 'parameters', places(plain, 'parameters'), ({ value }) => pascal(String(value['name'])));
  return plain;
}

/** What a document says by leaving it out. */
function isDefault(name: string, value: unknown): boolean {
  return (
    (name === 'required' && value === false) ||
    (name === 'parameters' && Array.isArray(value) && value.length === 0)
  );
}

/** `$ref` with what is said about it beside it, as OpenAPI 3.1 has it; Nest writes an `allOf` of one, as 3.0 wanted. */
function referring(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('allOf' in value)) return value;
  const { allOf, ...rest } = value;
  // Generators take the reference for the whole schema: what narrows it stays beside an `allOf`.
  if (!Array.isArray(allOf) || allOf.length !== 1 || 'properties' in rest) return value;
  return { ...rest, ...(allOf[0] as object) };
}

/** One example a code: when a route answers with it stands in the answer's description. */
function shareExamples(components: Record<string, Json>, answers: readonly Place[]): void {
  const shared: Json = (components['examples'] ??= {});
  for (const { name: status, value } of answers)
    for (const { value: media } of entries(value['content']))
      for (const { parent, name: code, value: example } of entries(media['examples'])) {
        const isOther = code in shared && statusOf(shared[code]) !== Number(status);
        const name = isOther ? `${code}_${status}` : code;
        shared[name] ??= example;
        parent[code] = { $ref: `#/components/examples/${name}` };
      }
}

function statusOf(example: unknown): unknown {
  return (example as { value: Json }).value['status'];
}

/** Where something stands, so that a reference can take its place. */
interface Place {
  readonly parent: Json;
  readonly name: string;
  readonly value: Json;
}

function places({ paths }: OpenAPIObject, kind: 'parameters' | 'responses'): Place[] {
  return Object.values(paths).flatMap((path) =>
    Object.values(path as Json).flatMap((operation) => entries((operation as Json)[kind])),
  );
}

function entries(parent: unknown): Place[] {
  if (typeof parent !== 'object' || parent === null) return [];
  return Object.entries(parent).map(([name, value]) => ({
    parent: parent as Json,
    name,
    value: value as Json,
  }));
}

function share(
  components: Record<string, Json>,
  kind: string,
  found: readonly Place[],
  nameOf: (place: Place) => string,
): void {
  const groups = Map.groupBy(found, ({ value }) => JSON.stringify(value));
  const shared: Json = (components[kind] ??= {});
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined || group.length < 2) continue;
    const name = unused(nameOf(first), shared);
    shared[name] = first.value;
    for (const place of group) place.parent[place.name] = { $ref: `#/components/${kind}/${name}` };
  }
}

/** A refusal is called by its status, `E404`: its name stands at every route. Another one of a name gets a number: names must not change with what stands in the description. */
function unused(name: string, shared: Json): string {
  let [free, number] = [name, 1];
  while (free in shared) free = `${name}_${(number += 1)}`;
  return free;
}

function pascal(words: string): string {
  return words
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
