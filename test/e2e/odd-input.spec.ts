import { ApiDocument, type Operation } from '../support/api-document';
import { type Party, party } from '../support/party';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

/** Odd values in every field of every JSON body, taken from the OpenAPI document. */
let gateway: TestGateway;
let document: ApiDocument;
let nanovest: Party;
let bodies: readonly (readonly [Operation, Record<string, unknown>])[];

beforeAll(async () => {
  gateway = await startTestGateway();
  document = await ApiDocument.of(gateway);
  nanovest = await party(gateway, 'nanovest');
  bodies = document.operations
    .filter(
      ({ path, security }) => path.startsWith('/v1/') && security !== undefined && !/webhooks/.test(path),
    )
    .flatMap((operation) => {
      const [example] = document.examples(operation);
      return example === undefined ? [] : [[operation, example as Record<string, unknown>] as const];
    });
});
afterAll(async () => {
  await gateway?.close();
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function send(operation: Operation, body: unknown, query = ''): Promise<Answer> {
  const scheme = Object.keys(operation.security?.[0] ?? {})[0] ?? '';
  const verified = nanovest.own.at(-1) ?? '';
  const response = await fetch(gateway.url + operation.path.replace('{id}', verified) + query, {
    method: operation.method,
    headers: {
      authorization: nanovest.credentials[scheme] ?? '',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

async function expectRefused(operation: Operation, body: unknown, field: string): Promise<void> {
  const { status, text } = await send(operation, body);
  const name = `${operation.method} ${operation.path} ${JSON.stringify(body)}`;
  expect([name, status, text]).toEqual([name, 400, expect.stringContaining('"code":"invalid_request"')]);
  expect([name, text]).toEqual([name, expect.stringContaining(`"field":"${field}"`)]);
}

/** Every field of the body by its path. */
function fields(operation: Operation): string[] {
  return Object.keys(document.properties(operation.requestBody?.content['application/json']?.schema));
}

describe('a body from a caller’s system', () => {
  it('may leave out what is optional, but not say null instead', async () => {
    expect(bodies.length).toBeGreaterThan(7);
    for (const [operation, example] of bodies)
      for (const field of fields(operation))
        await expectRefused(operation, { ...example, [field]: null }, field);
  });

  it.each([null, 'x', 1, true, []])(
    'may be left out where nothing has to be said, but not be %j',
    async (body) => {
      for (const [operation] of bodies) {
        const { status, text } = await send(operation, body);
        const problem = expect.stringContaining(
          '"detail":"The body must be a JSON object.","code":"invalid_request"',
        );
        expect([operation.path, status, text]).toEqual([operation.path, 400, problem]);
      }
    },
  );

  it('holds no name that JavaScript gives every object', async () => {
    for (const [operation, example] of bodies)
      for (const name of ['toString', 'valueOf', 'hasOwnProperty']) {
        await expectRefused(operation, { ...example, [name]: 'x' }, name);
      }
  });

  it.each([
    ['half of a character', '\ud800'],
    ['half of a character in an address', '\ud800@x.id'],
    ['a NUL', 'Budi\u0000'],
    ['a line feed', 'Budi\nSantoso'],
  ])('has no %s in any text', async (_name, text) => {
    for (const [operation, example] of bodies)
      for (const field of fields(operation))
        await expectRefused(operation, { ...example, [field]: text }, field);
  });

  it('is told about unknown names without having them repeated, however many and however long', async () => {
    for (const [operation, example] of bodies) {
      const unknown = Object.fromEntries(
        Array.from({ length: 500 }, (_, index) => [`3171010101900001 ${'x'.repeat(80)}${index}`, 1]),
      );
      const { status, text } = await send(operation, { ...example, ...unknown });
      expect([operation.path, status]).toEqual([operation.path, 400]);
      expect(text).toContain('"field":"(unknown)"');
      expect(text).not.toContain('3171010101900001');
      expect(text.length).toBeLessThan(3_000);
    }
  });

  it('is told about an e-mail address among its names without any part of it', async () => {
    for (const [operation, example] of bodies) {
      const { text } = await send(operation, { ...example, 'budi@example.com': 1 });
      expect(text).toContain('"field":"(unknown)"');
    }
  });

  it('tells a person who mistyped a field which one it was', async () => {
    for (const [operation, example] of bodies)
      await expectRefused(operation, { ...example, fullNmae: 'Budi' }, 'fullNmae');
  });
});

describe('a name', () => {
  const approved = {
    phoneNumber: '6285610573956',
    nik: '3171010101900001',
    dateOfBirth: '1990-01-01',
    email: '',
  };
  const store = async (fullName: string): Promise<Answer> => {
    const response = await fetch(`${gateway.url}/v1/common-kyc`, {
      method: 'POST',
      headers: {
        authorization: nanovest.credentials['back-office'] ?? '',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ ...approved, fullName }),
    });
    return { status: response.status, text: await response.text() };
  };

  it.each([
    '\u202e',
    '\u200b',
    '\u202eBudi',
    'Bu\u200bdi',
    '\u2066Budi\u2069',
    '123',
    '...',
    'Bu\u2028di',
    '\u3164',
    'Budi\uffa0',
    '\uffa0 \u115f',
  ])('that cannot be seen as it is stored is refused: %j', async (fullName) => {
    const { status, text } = await store(fullName);
    expect([status, text]).toEqual([400, expect.stringContaining('"field":"fullName"')]);
  });

  it('is one name however its accents were typed', async () => {
    const { status, text } = await store('Jose\u0301 D’Souza');
    expect(status).toBe(202);
    const { submissionId } = JSON.parse(text) as { submissionId: string };
    const identity = await gateway.http
      .get(`/v1/submissions/${submissionId}/identity?purpose=audit`)
      .set('Authorization', nanovest.credentials['back-office'] ?? '');
    expect(identity.body.fullName).toBe('Jos\u00e9 D’Souza');
  });
});

describe('a query', () => {
  const operations = (): Operation[] =>
    document.operations.filter(
      ({ method, path, security }) =>
        method === 'GET' &&
        security !== undefined &&
        path.startsWith('/v1/') &&
        !/webhooks|\{(?!id)/.test(path) &&
        path !== '/v1/otp-deliveries/{id}',
    );

  it.each(['toString', 'constructor', '__proto__', 'valueOf'])('has no parameter %s', async (name) => {
    expect(operations().length).toBeGreaterThan(5);
    for (const operation of operations()) {
      const { status } = await send(operation, undefined, `?${name}=1`);
      expect([operation.path, status]).toEqual([operation.path, 400]);
    }
  });

  it('tells the rule that was broken', async () => {
    const list = operations().find(({ path }) => path === '/v1/submissions');
    if (list === undefined) throw new Error('no list');
    expect((await send(list, undefined, '?limit=abc')).text).toContain('must be an integer number');
    expect((await send(list, undefined, '?limit=101')).text).toContain('must not be greater than 100');
    expect((await send(list, undefined, '?limit=1000')).text).toContain('must not be greater than 100');
    expect((await send(list, undefined, '?limit=0')).text).toContain('must not be less than 1');
    expect((await send(list, undefined, '?limit=-1')).text).toContain('must not be less than 1');
  });

  it('without a phone number does not reach Common KYC', async () => {
    const answer = await gateway.http
      .get('/v1/common-kyc')
      .set('Authorization', nanovest.credentials['back-office'] ?? '');
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toContainEqual({
      field: 'phoneNumber',
      message: 'must be an Indonesian mobile number such as 6285610573956',
    });
  });
});

describe('what an officer or a back office writes down', () => {
  it.each(['\u200b', '\u3164', '\u2800', '\u034f\ufe0f', ' \u00a0 '])('can be seen: not %j', async (text) => {
    const written = bodies.filter(([operation]) => /approve|reject|people/.test(operation.path));
    expect(written.length).toBe(3);
    for (const [operation, example] of written)
      for (const field of ['officer', 'reason', 'subject'].filter((name) => fields(operation).includes(name)))
        await expectRefused(operation, { ...example, [field]: text }, field);
  });
});

describe('a consent', () => {
  it.each([null, 'yes', 0, false, []])('is an object, not %j', async (consent) => {
    const answer = await gateway.http
      .post('/v1/gtf/submissions')
      .set('Authorization', nanovest.credentials['user'] ?? '')
      .send({ submissionType: 'KTP_SCAN', consent });
    expect(answer.body.errors).toEqual([{ field: 'consent', message: 'must be an object' }]);
  });

  it('that was given at no readable time is told so', async () => {
    const answer = await gateway.http
      .post('/v1/gtf/submissions')
      .set('Authorization', nanovest.credentials['user'] ?? '')
      .send({ submissionType: 'KTP_SCAN', consent: { textVersion: 'v1', givenAt: 'yesterday' } });
    expect(answer.body.errors).toEqual([
      { field: 'consent.givenAt', message: 'must be an instant such as 2026-11-22T00:00:00.000Z' },
    ]);
  });
});
