import { randomUUID } from 'node:crypto';
import { ApiDocument, type Operation } from '../support/api-document';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

/** Bad input on every route there is, taken from the OpenAPI document: a new route is covered the day it is written. */
let gateway: TestGateway;
let document: ApiDocument;
let operations: readonly Operation[];
let token: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  token = gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: '6285610573956', officer: true });
  document = await ApiDocument.of(gateway);
  operations = document.operations;
});
afterAll(async () => {
  await gateway?.close();
});

const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

function address(path: string): string {
  return path
    .replace('{businessUnit}', 'nanovest')
    .replace('{type}', 'KTP')
    .replace('{idOrPhoneNumber}', '6281299999999')
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

  it('a NUL in the address is refused', async () => {
    for (const operation of operations.filter(({ path }) => path.includes('{'))) {
      const path = operation.path.replaceAll(/\{\w+\}/g, '%00');
      const answer = await call({ ...operation, path }, credentials(operation));
      expect([answer.name, [400, 401, 404]]).toEqual([answer.name, expect.arrayContaining([answer.status])]);
      expectDocumented(operation, answer);
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
  '/v1/submissions/search',
  '/v1/otp-limits/reset',
  '/v1/event-deliveries/{id}/retry',
  '/v1/event-deliveries/replay',
  '/v1/people/search',
  '/v1/submissions/{id}/reject',
  '/v1/submissions/{id}/share',
  '/v1/gtf/submissions/{id}/confirm',
  '/v1/gtf/submissions/{id}/refresh',
  '/coe/submissions-callback',
  '/v1/webhooks/whatsapp/{businessUnit}',
  '/v1/webhooks/sms/{businessUnit}',
  '/v1/webhooks/verihubs/{businessUnit}/{deliveryId}/{token}',
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
      const [example] = document.examples(operation);
      // `approve` needs a submission that is verified: test/e2e/idempotency.spec.ts.
      if (example === undefined || operation.path.includes('{id}')) continue;
      const headers = { ...credentials(operation), 'content-type': 'application/json' };
      const keyed = { ...headers, 'idempotency-key': randomUUID() };
      const body = JSON.stringify(example);
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
      for (const example of document.examples(operation)) {
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

function groupByPath(): Map<string, Operation[]> {
  const groups = new Map<string, Operation[]>();
  for (const operation of operations)
    groups.set(operation.path, [...(groups.get(operation.path) ?? []), operation]);
  return groups;
}
