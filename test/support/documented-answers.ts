import { appendFileSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { agent, Response as TestResponse, Test } from 'supertest';
import { resolved } from './reference';

/** Every answer that a test gets from a gateway is held against the document that callers get. */

/** Names the file in which each test file says how many answers were checked: Jest's global setup makes it. */
export const COUNTS = 'KYC_ANSWERS_CHECKED';

interface DocumentedAnswer {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
  readonly headers?: Readonly<Record<string, object>>;
}
interface DocumentedRoute {
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}
type Paths = Readonly<Record<string, Readonly<Record<string, DocumentedRoute>>>>;

const DOCUMENT = JSON.parse(readFileSync('openapi.json', 'utf8')) as { readonly paths: Paths };
// `npm run check` lints the document; compiling the meta-schema to do it here once more would take a third of a second a test file.
const ajv = new Ajv2020({ strict: false, allErrors: true, meta: false, validateSchema: false });
addFormats(ajv);
ajv.addSchema(DOCUMENT, 'api');

/** Literal addresses before those with a parameter. */
const ROUTES = Object.entries(DOCUMENT.paths)
  .map(([path, methods]) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
    methods,
  }))
  .sort((a, b) => a.path.split('{').length - b.path.split('{').length);

const origins = new Set<string>();
const faults: string[] = [];
let checked = 0;

/** An answer as it arrived. */
export interface Answer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly header: (name: string) => string | undefined;
}

/** Why the answer is not one that the document promises; undefined when it is, or when the document does not know the route. */
export function faultOf({ method, url, status, type, text, header }: Answer): string | undefined {
  const { pathname } = new URL(url);
  const route = ROUTES.find(({ pattern }) => pattern.test(pathname));
  const operation = route?.methods[method.toLowerCase()];
  if (route === undefined || operation === undefined) return undefined;
  checked += 1;
  const where = `${method} ${route.path} → ${status}`;
  const given = operation.responses[status];
  if (given === undefined) return `${where} is not documented`;
  const answer = resolved(given, DOCUMENT);
  for (const name of ['Retry-After', 'WWW-Authenticate', 'Location', 'ETag', 'Idempotency-Hit'])
    if (header(name) !== undefined && !(name in (answer.headers ?? {}))) return `${where} has ${name}`;
  const [media = ''] = type.split(';');
  if (text === '' && answer.content === undefined) return undefined;
  const schema = answer.content?.[media]?.schema;
  if (schema === undefined) return text === '' ? undefined : `${where} answers ${media}`;
  if (!media.endsWith('json')) return undefined;
  const validate = validatorOf(route.path, method, status, media, '$ref' in given ? given.$ref : undefined);
  if (validate(JSON.parse(text))) return undefined;
  return `${where}: ${ajv.errorsText(validate.errors)}`;
}

function validatorOf(
  path: string,
  method: string,
  status: number,
  media: string,
  reference: unknown,
): ValidateFunction {
  const escaped = (name: string): string =>
    encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
  const place =
    typeof reference === 'string'
      ? reference.slice(2)
      : `paths/${escaped(path)}/${method.toLowerCase()}/responses/${status}`;
  const validate = ajv.getSchema(`api#/${place}/content/${escaped(media)}/schema`);
  if (validate === undefined) throw new Error(`the document has no ${place}`);
  return validate;
}

function check(answer: Answer): void {
  const fault = faultOf(answer);
  if (fault !== undefined) faults.push(fault);
}

/** The agent of a gateway under test, whose answers are checked from now on, as are those to `fetch`. */
export function documentedAnswers(http: ReturnType<typeof agent>, url: string): ReturnType<typeof agent> {
  origins.add(new URL(url).origin);
  return http.use((request: Test) => {
    request.on('response', (response: TestResponse) => {
      const { method } = request as unknown as { method: string };
      check({
        method,
        url: request.url,
        status: response.status,
        type: String(response.headers['content-type'] ?? ''),
        text: response.text ?? '',
        header: (name) => response.headers[name.toLowerCase()],
      });
    });
  });
}

/** To be called before a test file. */
export function checkEveryAnswer(): void {
  const { fetch } = globalThis;
  globalThis.fetch = async (input, init) => {
    const response = await fetch(input, init);
    const url = new URL(input instanceof Request ? input.url : input);
    const type = response.headers.get('content-type') ?? '';
    if (!origins.has(url.origin) || type.startsWith('text/event-stream')) return response;
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    const text = await response.clone().text();
    const header = (name: string): string | undefined => response.headers.get(name) ?? undefined;
    check({ method, url: url.href, status: response.status, type, text, header });
    return response;
  };
  afterEach(() => {
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(() => {
    const counts = process.env[COUNTS];
    if (checked > 0 && counts !== undefined) appendFileSync(counts, `${checked}\n`);
  });
}
