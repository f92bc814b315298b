import { StreamReader } from '../support/event-stream';
import { GtfPerson } from '../support/gtf-person';
import { ApiDocument, type Operation } from '../support/api-document';
import { backOffice, basic, startTestGateway, type TestGateway } from '../support/test-gateway';

/** Which pages' browsers may read what the gateway answers (contract §7.2). */
let gateway: TestGateway;
let operations: readonly Operation[];
let person: GtfPerson;

const OWN = 'https://app.nanovest.example';
const OF_OTHER_UNIT = 'https://app.siminvest.example';
const FOREIGN = [
  'https://evil.example',
  'https://app.nanovest.example.evil.example',
  'http://app.nanovest.example',
  'https://app.nanovest.example:8443',
  'HTTPS://APP.NANOVEST.EXAMPLE',
  'http://localhost.evil.example',
  'null',
];
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

beforeAll(async () => {
  gateway = await startTestGateway({
    environment: {
      ANONYMOUS_REQUESTS_PER_SECOND: '0',
      BU_NANOVEST_ALLOWED_ORIGINS: `${OWN}, http://localhost:*`,
      BU_SIMINVEST_ALLOWED_ORIGINS: OF_OTHER_UNIT,
    },
  });
  ({ operations } = await ApiDocument.of(gateway));
  person = new GtfPerson(gateway);
});
afterAll(async () => {
  await gateway?.close();
});

/** What a browser learns: null where the page may read nothing. */
interface Allowed {
  readonly route: string;
  readonly status: number;
  readonly origin: string | null;
  readonly methods: string | null;
  readonly headers: string | null;
  readonly exposed: string | null;
  readonly cookies: string | null;
  readonly vary: string | null;
}

async function ask(
  { method, path }: Pick<Operation, 'method' | 'path'>,
  headers: Readonly<Record<string, string>>,
  verb = method,
): Promise<Allowed> {
  const url = gateway.url + path.replace('{type}', 'KTP').replaceAll(/\{\w+\}/g, UNKNOWN);
  const answer = await fetch(url, { method: verb, headers });
  await answer.body?.cancel();
  const header = (name: string): string | null => answer.headers.get(`access-control-${name}`);
  return {
    route: `${method} ${path}`,
    status: answer.status,
    origin: header('allow-origin'),
    methods: header('allow-methods'),
    headers: header('allow-headers'),
    exposed: header('expose-headers'),
    cookies: header('allow-credentials'),
    vary: answer.headers.get('vary'),
  };
}

function preflight(operation: Pick<Operation, 'method' | 'path'>, origin: string): Promise<Allowed> {
  const asked = {
    origin,
    'access-control-request-method': operation.method,
    'access-control-request-headers': 'authorization,content-type',
  };
  return ask(operation, asked, 'OPTIONS');
}

const NOTHING = { origin: null, methods: null, headers: null, exposed: null, cookies: null };
const EXPOSED = 'Location, Retry-After, Idempotency-Hit, X-Request-Id, ETag, WWW-Authenticate';

function isForPeople({ security }: Operation): boolean {
  return security?.some((scheme) => 'user' in scheme) === true;
}

describe('on every route that a person may call', () => {
  let routes: readonly Operation[];
  beforeAll(() => {
    routes = operations.filter(isForPeople);
    expect(routes.length).toBeGreaterThan(10);
  });

  it.each([OWN, OF_OTHER_UNIT, 'http://localhost:5173', 'http://127.0.0.1:5173', 'http://localhost'])(
    'a page of any unit (%s) is told what it may send, and that nobody is logged in',
    async (origin) => {
      for (const route of routes) {
        const before = await preflight(route, origin);
        expect(before).toMatchObject({ status: 204, origin, exposed: null, cookies: null, vary: 'Origin' });
        expect(before.methods?.split(', ')).toContain(route.method);
        for (const name of ['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'If-Match'])
          expect(before.headers?.split(', ')).toContain(name);
        const after = await ask(route, { origin });
        expect(after).toMatchObject({ status: 401, origin, exposed: EXPOSED, cookies: null, vary: 'Origin' });
      }
    },
  );

  it.each(FOREIGN)('a page of %s is told nothing', async (origin) => {
    for (const route of routes) {
      expect(await preflight(route, origin)).toMatchObject({ ...NOTHING, status: 204, vary: 'Origin' });
      expect(await ask(route, { origin })).toMatchObject({ ...NOTHING, status: 401, vary: 'Origin' });
      const authorization = `Bearer ${person.token}`;
      expect(await ask(route, { origin, authorization })).toMatchObject({ ...NOTHING, vary: 'Origin' });
    }
  });

  it('a person’s page reads the answer, a page of another unit does not, whatever the answer is', async () => {
    const authorization = `Bearer ${person.token}`;
    for (const route of routes) {
      const own = await ask(route, { origin: OWN, authorization });
      expect(own).toMatchObject({ origin: OWN, exposed: EXPOSED, cookies: null, vary: 'Origin' });
      expect(own.status).not.toBe(401);
      const other = await ask(route, { origin: OF_OTHER_UNIT, authorization });
      expect(other).toMatchObject({ ...NOTHING, status: own.status, vary: 'Origin' });
    }
  });

  it('a password is never of use to a page of another origin, right or wrong', async () => {
    for (const route of routes)
      for (const authorization of [backOffice('nanovest'), basic('a', 'b')])
        expect(await ask(route, { origin: OWN, authorization })).toMatchObject(NOTHING);
  });
});

describe('on every other route', () => {
  it('no page of another origin reads anything, nor is it told that it may send anything', async () => {
    const routes = operations.filter((route) => !isForPeople(route));
    expect(routes.length).toBeGreaterThan(15);
    const others = ['/docs', '/openapi.json', '/nowhere'].map((path) => ({ method: 'GET', path }));
    for (const route of [...routes, ...others]) {
      const authorization = backOffice('nanovest');
      const before = await preflight(route, OWN);
      expect(before).toMatchObject({ ...NOTHING, vary: null });
      expect([before.route, [404, 405]]).toEqual([before.route, expect.arrayContaining([before.status])]);
      expect(await ask(route, { origin: OWN })).toMatchObject(NOTHING);
      expect(await ask(route, { origin: OWN, authorization })).toMatchObject(NOTHING);
    }
  });
});

describe('a person’s page', () => {
  it('watches a submission', async () => {
    const id = await person.prepare();
    const stream = `${gateway.url}/v1/submissions/${id}/stream`;
    const allowed = async (origin: string): Promise<string | null> => {
      const headers = { authorization: `Bearer ${person.token}`, origin };
      const answer = await fetch(stream, { headers });
      await answer.body?.cancel();
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        'text/event-stream; charset=utf-8',
      ]);
      return answer.headers.get('access-control-allow-origin');
    };
    expect(await allowed(OWN)).toBe(OWN);
    expect(await allowed(OF_OTHER_UNIT)).toBeNull();
    const office = await StreamReader.open(stream, { authorization: backOffice('nanovest'), origin: OWN });
    expect(office.headers['access-control-allow-origin']).toBeUndefined();
    office.close();
  });

  it('is not needed by programs, who send no origin and are told nothing of pages', async () => {
    const answer = await ask({ method: 'GET', path: '/v1/me' }, { authorization: `Bearer ${person.token}` });
    expect(answer).toMatchObject({ ...NOTHING, status: 200, vary: 'Origin' });
    const plain = await ask({ method: 'GET', path: '/v1/me' }, { origin: OWN }, 'OPTIONS');
    expect(plain).toMatchObject({ ...NOTHING, status: 405 });
  });
});
