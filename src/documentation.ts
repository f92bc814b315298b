import type { INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { BackOffice, securitySchemes } from './auth';
import { FieldProblem, Problem, type Refusal, refusalAnswer } from './platform/http';
import { describeWebhooks } from './unit-events';

const DESCRIPTION = `One door to SIMAS-ID, Common KYC, GTF OneKYC and SATUSEHAT, with a ledger of what happened.

**Trying it out.** \`npm start\` prints the back office's credentials and the page of the partner lab where a person's token is made; press **Authorize**, paste them, and run any route: every example works against the lab.

**Errors** are RFC 9457 problem details with a stable \`code\`; the OTP webhook alone answers \`{ "error", "error_description" }\`.
**Lists** are newest first: pass \`nextCursor\` back as \`cursor\`.
**Creating** routes take an optional \`Idempotency-Key\`: for 24 hours the same key and body give the first answer again, with \`Idempotency-Hit: true\`.`;

/** The OpenAPI document, the authority for details of the API. */
export function createDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('KYC Gateway')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addTag('Person', 'The person behind a token')
    .addTag('OTP', 'One-time passwords on their way to people')
    .addTag('GTF e-KYC', 'GoTo Financial OneKYC: KTP, selfie, liveness, standalone identity verification')
    .addTag('SATUSEHAT', "The Ministry of Health's KYC")
    .addTag('Common KYC', 'Approved data shared through SIMAS-ID')
    .addTag('Submissions', 'The ledger: what happened, and who decided')
    .addTag('Events', "The unit's own back end hears of everything: a feed, and signed webhooks")
    .addTag('Operation', 'Health and metrics');
  for (const [name, scheme] of Object.entries(securitySchemes)) builder.addSecurity(name, scheme);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    extraModels: [Problem, FieldProblem],
    autoTagControllers: false,
  });
  document.components = { ...document.components, responses: PROTOCOL_ANSWERS };
  spellOutNullables(document);
  for (const [path, operations] of Object.entries(document.paths))
    for (const operation of operationsOf(operations)) {
      addCommonAnswers(operation);
      if (operation !== operations.get) addCrossSiteAnswer(operation);
      addProtocolAnswers(operation, path);
    }
  describeWebhooks(document);
  nameCodes(document);
  return document;
}

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Schema = Extract<Schemas[string], { readonly type?: unknown }>;

/**
 * What may be null is written so that null passes: OpenAPI 3.0's `nullable` says nothing beside `allOf`, whose schema refuses null, nor
 * does it add to an `enum`.
 */
function spellOutNullables({ components }: OpenAPIObject): void {
  const schemas = components?.schemas ?? {};
  for (const schema of Object.values(schemas)) {
    if (isReference(schema)) continue;
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (isReference(property) || property.nullable !== true) continue;
      const { allOf, ...rest } = property;
      const [named] = allOf ?? [];
      const whole: Schema = named === undefined ? property : { ...resolved(named, schemas), ...rest };
      const { enum: words } = whole;
      const spelt =
        words === undefined
          ? whole
          : { ...whole, enum: [...new Set([...(words as readonly unknown[]), null])] };
      schema.properties = { ...schema.properties, [name]: spelt };
    }
  }
}

function resolved(schema: Schemas[string], schemas: Schemas): Schema {
  if (!isReference(schema)) return schema;
  const named = schemas[schema.$ref.split('/').at(-1) ?? ''];
  if (named === undefined) throw new Error(`the document has no ${schema.$ref}`);
  return resolved(named, schemas);
}

function isReference(schema: Schemas[string]): schema is Exclude<Schemas[string], Schema> {
  return '$ref' in schema;
}

/** A program switches on codes: the document lists them all. Each answer's description begins with its own. */
function nameCodes({ paths, components }: OpenAPIObject): void {
  const answers = [
    ...Object.values(PROTOCOL_ANSWERS),
    ...Object.values(paths)
      .flatMap(operationsOf)
      .flatMap(({ responses }) => Object.values(responses)),
  ];
  const codes = answers.flatMap((answer) =>
    answer !== undefined && 'description' in answer && answer.content?.['application/problem+json']
      ? [...(answer.description ?? '').matchAll(/^`(\w+)`:/gm)].map(([, code = '']) => code)
      : [],
  );
  const problem = components?.schemas?.['Problem'];
  if (problem === undefined || isReference(problem)) return;
  problem.properties = {
    ...problem.properties,
    code: { ...problem.properties?.['code'], enum: [...new Set(['method_not_allowed', ...codes])].sort() },
  };
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Answers = Operation['responses'];

/** What the platform answers on every route that is not public, so that no controller repeats it. */
const COMMON: Readonly<Record<string, string>> = {
  '400': '`invalid_request`: a field, query parameter or header cannot be accepted',
  '500': '`internal_error`: a bug of ours; `requestId` finds it in the log',
  '503': '`temporarily_unavailable`: nothing can be stored right now; retry after `Retry-After` seconds',
};
const COMMON_WITH_BODY: Readonly<Record<string, string>> = {
  '413': '`payload_too_large`: the body is larger than this route takes',
  '415': '`unsupported_media_type`: the body is of a type this route does not take',
};
const PROBLEM_CONTENT = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
/** What is answered before a route looks at the request, on all of them. */
const PROTOCOL_ANSWERS = {
  Unreadable: protocolAnswer('the request is not HTTP/1.1 as RFC 9112 has it, or has not one `Host` header'),
  TooSlow: protocolAnswer('the request took too long to arrive'),
  AddressTooLong: protocolAnswer('a part of the address is longer than 200 characters'),
  ExpectationFailed: protocolAnswer('the `Expect` header asks for something else than `100-continue`'),
  HeadersTooLarge: protocolAnswer('address and headers together are larger than 16 KiB'),
};

function protocolAnswer(when: string): { description: string; content: typeof PROBLEM_CONTENT } {
  return { description: `\`invalid_request\`: ${when}`, content: PROBLEM_CONTENT };
}

function reference(name: keyof typeof PROTOCOL_ANSWERS): { $ref: string } {
  return { $ref: `#/components/responses/${name}` };
}

function operationsOf(path: OpenAPIObject['paths'][string]): Operation[] {
  return [path.get, path.post, path.put, path.patch, path.delete].filter(
    (operation) => operation !== undefined,
  );
}

function addCommonAnswers(operation: Operation): void {
  if (operation.security === undefined) return;
  const common = operation.requestBody === undefined ? COMMON : { ...COMMON, ...COMMON_WITH_BODY };
  const answers: Answers = operation.responses;
  const content = errorContent(answers['400']);
  for (const [status, description] of Object.entries(common)) answers[status] ??= { description, content };
}

const CROSS_SITE: Refusal = [403, 'cross_site', 'a page of another site made the browser send this request'];

/** To a back office alone: no browser sends a token by itself. */
function addCrossSiteAnswer({ security, responses }: Operation): void {
  const name = BackOffice.documentation.scheme?.name ?? '';
  if (security?.some((scheme) => name in scheme) !== true) return;
  const answers: Answers = responses;
  const [own, added] = [answers['403'], refusalAnswer([CROSS_SITE])];
  if (own === undefined || !('content' in own)) return void (answers['403'] = added);
  const type = 'application/problem+json';
  const examples = { ...own.content?.[type]?.examples, ...added.content[type].examples };
  answers['403'] = {
    description: `${own.description}\n\n${added.description}`,
    content: { [type]: { ...added.content[type], examples } },
  };
}

function addProtocolAnswers(operation: Operation, path: string): void {
  const answers: Answers = operation.responses;
  const content = errorContent(answers['400']);
  answers['400'] ??= reference('Unreadable');
  answers['408'] ??= reference('TooSlow');
  if (path.includes('{')) answers['414'] ??= reference('AddressTooLong');
  // Here the route is known, and with it the shape of its errors.
  answers['417'] ??=
    content === PROBLEM_CONTENT
      ? reference('ExpectationFailed')
      : { ...PROTOCOL_ANSWERS.ExpectationFailed, content };
  answers['431'] ??= reference('HeadersTooLarge');
}

/** Swagger UI at `/docs`, served from this process; the document at `/openapi.json`. */
export function setupDocumentation(app: NestFastifyApplication): void {
  // Nest's own page has styles within, which the policy of our pages does not allow (contract §7.1).
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      if (!isRead || !request.url.startsWith('/docs') || !PAGE_ROUTES.has(request.routeOptions.url ?? ''))
        return done();
      const [path = ''] = request.url.split('?');
      return void reply
        .type('text/html; charset=utf-8')
        .send(page(path.endsWith('/docs') ? './docs/' : './'));
    });
  let document: OpenAPIObject | undefined;
  const build = (): OpenAPIObject => (document ??= createDocument(app));
  // Nest would write the document anew for every stranger who asks for it.
  let written: Buffer | undefined;
  app
    .getHttpAdapter()
    .getInstance()
    .get('/openapi.json', (_request, reply) => {
      written ??= Buffer.from(JSON.stringify(build()));
      return reply.type('application/json').send(written);
    });
  SwaggerModule.setup('docs', app, build, {
    raw: false,
    swaggerOptions: {
      layout: 'BaseLayout',
      displayRequestDuration: true,
      tryItOutEnabled: true,
      // Passwords and tokens of people and business units do not stay in the browser.
      persistAuthorization: false,
      validatorUrl: null,
    },
  });
}

const PAGE_ROUTES = new Set(['/docs', '/docs/', '/docs/index.html']);

function page(base: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>KYC Gateway</title>
  <link rel="icon" type="image/png" href="${base}favicon-32x32.png">
  <link rel="stylesheet" href="${base}swagger-ui.css">
  <link rel="stylesheet" href="${base}index.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="${base}swagger-ui-bundle.js"></script>
  <script src="${base}swagger-ui-standalone-preset.js"></script>
  <script src="${base}swagger-ui-init.js"></script>
</body>
</html>
`;
}

/** Problem details, unless the route's own 400 shows that its caller prescribes another shape. */
function errorContent(own: Answers[string]): typeof PROBLEM_CONTENT | Record<string, object> {
  if (own === undefined || !('content' in own) || own.content === undefined) return PROBLEM_CONTENT;
  return 'application/problem+json' in own.content ? PROBLEM_CONTENT : own.content;
}
