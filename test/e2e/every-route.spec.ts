import { randomUUID } from 'node:crypto';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

/** Bad input on every route there is, taken from the OpenAPI document: a new route is covered the day it is written. */
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[] | undefined;
  readonly security: readonly Record<string, unknown>[] | undefined;
  readonly responses: Readonly<Record<string, { readonly description?: string }>>;
  readonly parameters: readonly { readonly in: string; readonly name: string }[] | undefined;
  readonly requestBody: { readonly content: Readonly<Record<string, object>> } | undefined;
}

let gateway: TestGateway;
let operations: Operation[];
let token: string;
let schemas: Readonly<Record<string, Schema>>;

beforeAll(async () => {
  gateway = await startTestGateway();
  token = gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: '6285610573956' });
  const { body } = await gateway.http.get('/openapi.json');
  schemas = body.components.schemas as Record<string, Schema>;
  const paths = body.paths as Record<string, Record<string, Omit<Operation, 'method' | 'path'>>>;
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
  );
});
afterAll(async () => {
  await gateway?.close();
});

const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

function address(path: string): string {
  return path
    .replace('{businessUnit}', 'nanovest')
    .replace('{type}', 'KTP')
    .replace('{phoneNumber}', '6281299999999')
    .replaceAll(/\{\w+\}/g, UNKNOWN_ID);
}

/** Credentials that satisfy the route's first security scheme; none where a signature is wanted. */
function credentials(operation: Operation): Record<string, string> {
  const scheme = Object.keys(operation.security?.[0] ?? {})[0] ?? '';
  if (/otp/i.test(scheme)) return { authorization: otpSender('nanovest') };
  if (/office/i.test(scheme)) return { authorization: backOffice('nanovest') };
  if (/token|simas|bearer|user/i.test(scheme)) return { authorization: `Bearer ${token}` };
  return {};
}

interface Answer {
  readonly name: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function call(
  operation: Operation,
  headers: Record<string, string>,
  body?: string,
  query = '',
): Promise<Answer> {
  const response = await fetch(gateway.url + address(operation.path) + query, {
    method: operation.method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const name = `${operation.method} ${operation.path} → ${response.status} ${text.slice(0, 200)}`;
  const parsed = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { name, status: response.status, headers: response.headers, body: parsed };
}

function takesBody({ method }: Operation): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

/** The answer is one the document promises, in the promised shape. */
function expectDocumented(operation: Operation, answer: Answer): void {
  expect([answer.name, Object.keys(operation.responses)]).toEqual([
    answer.name,
    expect.arrayContaining([String(answer.status)]),
  ]);
  if (answer.status < 400) return;
  const shape =
    operation.path === '/v1/webhooks/otp'
      ? ['error', 'error_description']
      : ['code', 'detail', 'requestId', 'status', 'title', 'type'];
  expect([answer.name, Object.keys(answer.body)]).toEqual([answer.name, expect.arrayContaining(shape)]);
}

describe('on every route', () => {
  it('a stranger is 401, whatever they send', async () => {
    const closed = operations.filter(({ security }) => security !== undefined);
    expect(closed.length).toBeGreaterThan(15);
    for (const operation of closed) {
      const body = takesBody(operation) ? { body: 'x'.repeat(100_000) } : {};
      const answer = await call(operation, { 'content-type': 'text/plain' }, body.body);
      expect([answer.name, answer.status]).toEqual([answer.name, 401]);
      expectDocumented(operation, answer);
    }
  });

  const hostile: readonly (readonly [string, Record<string, string>, string])[] = [
    ['broken JSON', { 'content-type': 'application/json' }, '{"a":'],
    ['an array', { 'content-type': 'application/json' }, '[1,2,3]'],
    [
      'wrong types and unknown fields',
      { 'content-type': 'application/json' },
      '{"identifier":1,"otp":{},"nik":[],"surprise":null}',
    ],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=b'],
    ['a body above every limit', { 'content-type': 'application/json' }, `"${'x'.repeat(9_000_000)}"`],
    ['nothing', {}, ''],
  ];

  it.each(hostile)('%s is answered as documented, never with a 5xx', async (_name, headers, body) => {
    for (const operation of operations.filter(takesBody)) {
      const answer = await call(operation, { ...credentials(operation), ...headers }, body);
      expect([answer.name, answer.status < 500]).toEqual([answer.name, true]);
      expectDocumented(operation, answer);
    }
  });

  it('unknown and repeated query parameters are 400 on our own API', async () => {
    const own = operations.filter(
      ({ path, security }) => path.startsWith('/v1/') && security !== undefined && !path.includes('webhooks'),
    );
    for (const operation of own) {
      const answer = await call(operation, credentials(operation), undefined, '?surprise=1&surprise=2');
      expect([answer.name, [400, 404]]).toEqual([answer.name, expect.arrayContaining([answer.status])]);
      expectDocumented(operation, answer);
    }
  });

  it('another method than its own is 405 and says which are taken', async () => {
    const byPath = groupByPath();
    for (const [path, ofPath] of byPath) {
      const methods = ofPath.map(({ method }) => method);
      const other = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].find((method) => !methods.includes(method));
      if (other === undefined) continue;
      const response = await fetch(gateway.url + address(path), { method: other });
      expect([path, other, response.status]).toEqual([path, other, 405]);
      for (const method of methods) expect(response.headers.get('allow')).toContain(method);
    }
  });

  it('a wrong id is 404 for everybody', async () => {
    for (const operation of operations.filter(({ path }) => path.includes('{id}'))) {
      const answer = await call(operation, credentials(operation));
      expect([answer.name, answer.status]).toEqual([answer.name, 404]);
    }
  });
});

/** They create nothing, and a second one changes nothing; GTF's and the channels' own calls have no key to give. */
const HARMLESS_REPEATS = [
  '/v1/submissions/{id}/reject',
  '/v1/submissions/{id}/share',
  '/v1/gtf/submissions/{id}/confirm',
  '/v1/gtf/submissions/{id}/refresh',
  '/coe/submissions-callback',
  '/v1/webhooks/whatsapp/{businessUnit}',
  '/v1/webhooks/sms/{businessUnit}',
];

function takesKey({ parameters }: Operation): boolean {
  return (parameters ?? []).some((it) => it.in === 'header' && it.name === 'Idempotency-Key');
}

describe('the documented examples', () => {
  it('can be repeated with an `Idempotency-Key` wherever a POST creates something', async () => {
    const posts = operations.filter(({ method }) => method === 'POST');
    expect(posts.filter(({ path }) => HARMLESS_REPEATS.includes(path))).toHaveLength(HARMLESS_REPEATS.length);
    for (const operation of posts.filter(({ path }) => !HARMLESS_REPEATS.includes(path))) {
      expect([operation.path, takesKey(operation)]).toEqual([operation.path, true]);
      const content = operation.requestBody?.content['application/json'] as Content | undefined;
      // `approve` needs a submission that is verified: test/e2e/idempotency.spec.ts.
      if (content === undefined || operation.path.includes('{id}')) continue;
      const headers = { ...credentials(operation), 'content-type': 'application/json' };
      const keyed = { ...headers, 'idempotency-key': randomUUID() };
      const body = JSON.stringify(examplesOf(content)[0]);
      const first = await call(operation, keyed, body);
      const again = await call(operation, keyed, body);
      expect([first.name, first.status < 300, first.headers.get('idempotency-hit')]).toEqual([
        first.name,
        true,
        null,
      ]);
      expect([again.name, again.body]).toEqual([first.name, first.body]);
      expect(again.headers.get('idempotency-hit')).toBe('true');
      expect(again.headers.get('location')).toBe(first.headers.get('location'));
    }
  });

  it('work against the lab as they stand', async () => {
    const tried = operations.filter(
      ({ method, path, requestBody }) =>
        method === 'POST' && !path.includes('{') && path.startsWith('/v1/') && requestBody !== undefined,
    );
    expect(tried.length).toBeGreaterThan(5);
    for (const operation of tried) {
      const content = operation.requestBody?.content['application/json'] as Content | undefined;
      for (const example of content === undefined ? [] : examplesOf(content)) {
        const body = JSON.stringify(example);
        const headers = { ...credentials(operation), 'content-type': 'application/json' };
        const answer = await call(operation, headers, body);
        expect([answer.name, body, answer.status < 300]).toEqual([answer.name, body, true]);
        expectDocumented(operation, answer);
      }
    }
  });

  it('stand under one heading each', () => {
    for (const { method, path, tags } of operations)
      expect([method, path, tags?.length]).toEqual([method, path, 1]);
  });
});

interface Content {
  readonly schema: Schema;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Schema {
  readonly $ref?: string;
  readonly example?: unknown;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly allOf?: readonly Schema[];
}

function examplesOf({ schema, examples }: Content): unknown[] {
  return examples === undefined ? [exampleOf(schema)] : Object.values(examples).map(({ value }) => value);
}

/** What Swagger UI puts into the request body before a person edits it. */
function exampleOf(schema: Schema): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref !== undefined) return exampleOf(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.allOf?.[0] !== undefined) return exampleOf(schema.allOf[0]);
  if (schema.properties !== undefined)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, inner]) => [name, exampleOf(inner)]),
    );
  return schema.default ?? schema.enum?.[0] ?? 'string';
}

function groupByPath(): Map<string, Operation[]> {
  const groups = new Map<string, Operation[]>();
  for (const operation of operations)
    groups.set(operation.path, [...(groups.get(operation.path) ?? []), operation]);
  return groups;
}
