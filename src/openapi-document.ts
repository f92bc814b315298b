import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { BackOffice, securitySchemes } from './auth';
import { FieldProblem, Problem, type Refusal, refusalAnswer } from './platform/http';
import { describeWebhooks } from './unit-events';
import { shareRepeated } from './openapi-components';

const DESCRIPTION = `One door to SIMAS-ID, Common KYC, GTF OneKYC and SATUSEHAT, with a ledger of what happened.

**Trying it out.** \`npm start\` prints the back office's credentials and the page of the partner lab where a person's token is made; press **Authorize**, paste them, and run any route: every example works against the lab.

**Errors** are RFC 9457 problem details with a stable \`code\`; the OTP webhook alone answers \`{ "error", "error_description" }\`.
**Texts** hold no control characters, and are kept in Unicode's normal form C. \`line\` is 1 to \`maxLength\` characters that can be seen, on one line, blanks around it dropped; \`person-name\` is such a line with a letter; \`plain-words\` one without long numbers and addresses; \`identifier\` names nobody: no NIK and no phone number can be read in it.
**Lists** are newest first: pass \`nextCursor\` back as \`cursor\`.
**Creating** routes take an optional \`Idempotency-Key\`: for 24 hours the same key and body give the first answer again, with \`Idempotency-Hit: true\`.`;

/** The OpenAPI document, the authority for details of the API. */
export function createDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('KYC Gateway')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addServer('/', 'The gateway that serves this document')
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
    // A controller's methods are named so that they are good names in a client, too.
    operationIdFactory: (_controller, method) => method,
  });
  for (const [path, operations] of Object.entries(document.paths))
    for (const operation of operationsOf(operations)) {
      for (const refusal of refusalsOfAll(operation, path, operation === operations.get))
        addRefusal(operation, refusal);
      operation.security ??= [];
      addHeaders(operation);
    }
  describeWebhooks(document);
  nameCodes(document);
  addDependencies(document);
  closeBodies(document);
  return shareRepeated(document);
}

/** Our own API refuses fields that it does not know; partners' webhooks may grow. */
function closeBodies({ paths, components }: OpenAPIObject): void {
  const close = (schema: object | undefined): void => {
    if (schema === undefined) return;
    if ('$ref' in schema) return close(components?.schemas?.[String(schema.$ref).split('/').at(-1) ?? '']);
    if ('allOf' in schema) (schema.allOf as object[]).forEach(close);
    if (!('properties' in schema)) return;
    Object.assign(schema, { additionalProperties: false });
    Object.values(schema.properties as Record<string, object>).forEach(close);
  };
  for (const { requestBody, security } of Object.values(paths).flatMap(operationsOf))
    if (
      security?.some((scheme) => 'user' in scheme || BACK_OFFICE in scheme) &&
      requestBody &&
      'content' in requestBody
    )
      close(requestBody.content['application/json']?.schema);
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Answer = NonNullable<Operation['responses'][string]>;

export function operationsOf(path: OpenAPIObject['paths'][string]): Operation[] {
  return [path.get, path.post, path.put, path.patch, path.delete].filter(
    (operation) => operation !== undefined,
  );
}

/** What the platform answers, so that no controller repeats it. */
function refusalsOfAll(operation: Operation, path: string, isRead: boolean): Refusal[] {
  const isPublic = operation.security === undefined;
  const ofBackOffice = operation.security?.some((scheme) => BACK_OFFICE in scheme) === true;
  return [
    isPublic
      ? [
          400,
          'invalid_request',
          'the request is not HTTP/1.1 as RFC 9112 has it, or has not one `Host` header',
        ]
      : [400, 'invalid_request', 'a field, query parameter or header cannot be accepted'],
    // No browser sends a token by itself.
    ...(ofBackOffice && !isRead ? [CROSS_SITE] : []),
    [408, 'invalid_request', 'the request took too long to arrive'],
    ...(operation.requestBody === undefined ? [] : OF_BODIES),
    ...(path.includes('{') ? [ADDRESS_TOO_LONG] : []),
    [417, 'invalid_request', 'the `Expect` header asks for something else than `100-continue`'],
    [431, 'invalid_request', 'address and headers together are larger than 16 KiB'],
    ...(isPublic ? [] : OURS),
  ];
}

const BACK_OFFICE = BackOffice.documentation.scheme?.name ?? '';
const CROSS_SITE: Refusal = [403, 'cross_site', 'a page of another site made the browser send this request'];
const ADDRESS_TOO_LONG: Refusal = [
  414,
  'invalid_request',
  'a part of the address is longer than 200 characters',
];
const OF_BODIES: readonly Refusal[] = [
  [413, 'payload_too_large', 'the body is larger than this route takes'],
  [415, 'unsupported_media_type', 'the body is of a type this route does not take'],
];
const OURS: readonly Refusal[] = [
  [500, 'internal_error', 'a bug of ours; `requestId` finds it in the log'],
  [503, 'temporarily_unavailable', 'nothing can be stored right now; retry after `Retry-After` seconds'],
];
const PROBLEM = 'application/problem+json';

/** Beside what the route says itself of the status, unless that has the code already. */
function addRefusal({ responses }: Operation, refusal: Refusal): void {
  const [status, code] = refusal;
  const own: Answer | undefined = responses[status];
  const prescribed = contentOf(responses['400']);
  const added = refusalAnswer([refusal]);
  if (own === undefined) {
    // A partner prescribes another shape on its route.
    const content = prescribed === undefined || PROBLEM in prescribed ? added.content : prescribed;
    responses[status] = { description: added.description, content };
    return;
  }
  const content = contentOf(own)?.[PROBLEM];
  if (content === undefined || !('description' in own) || own.description.includes(`\`${code}\``)) return;
  const { examples, schema } = added.content[PROBLEM];
  responses[status] = {
    description: `${own.description}\n\n${added.description}`,
    content: { [PROBLEM]: { schema, examples: { ...content.examples, ...examples } } },
  };
}

function contentOf(answer: Answer | undefined): Extract<Answer, { description: string }>['content'] {
  return answer !== undefined && 'content' in answer ? answer.content : undefined;
}

const TEXT = { type: 'string' };
const HEADERS = {
  'X-Request-Id': { description: 'Also in the log, and `requestId` of an error', schema: TEXT },
  'WWW-Authenticate': { description: 'Which credentials are taken, and why a token is not', schema: TEXT },
  'Retry-After': { description: 'Seconds', schema: { type: 'integer', minimum: 1 } },
  'Idempotency-Hit': {
    description: 'The answer is the one to an earlier request with this key',
    schema: { ...TEXT, enum: ['true'] },
  },
  ETag: { description: 'The submission’s state, for `If-Match`', schema: TEXT },
  Location: { description: 'The submission', schema: { ...TEXT, format: 'uri-reference' } },
};

/** Operations that answer one submission as it is. */
const tagged = new Set(['getSubmission', 'approveSubmission', 'rejectSubmission']);

function addHeaders({ operationId = '', responses, parameters }: Operation): void {
  const isIdempotent = parameters?.some((one) => 'name' in one && one.name === 'Idempotency-Key') === true;
  for (const [status, answer] of Object.entries(responses)) {
    if (answer === undefined || !('description' in answer)) continue;
    const names: (keyof typeof HEADERS)[] = ['X-Request-Id'];
    if (status === '401') names.push('WWW-Authenticate');
    if (/^(429|503)$/.test(status) || (isIdempotent && status === '409')) names.push('Retry-After');
    if (isIdempotent && /^2/.test(status)) names.push('Idempotency-Hit');
    if (status === '201') names.push('Location');
    if (status === '200' && tagged.has(operationId)) names.push('ETag');
    answer.headers = { ...answer.headers, ...Object.fromEntries(names.map((name) => [name, HEADERS[name]])) };
  }
}

/** A program switches on codes: the document lists them all. Each answer's description begins with its own. */
function nameCodes({ paths, components }: OpenAPIObject): void {
  const codes = Object.values(paths)
    .flatMap(operationsOf)
    .flatMap(({ responses }) => Object.values(responses))
    .flatMap((answer) =>
      answer !== undefined && 'description' in answer && contentOf(answer)?.[PROBLEM]
        ? [...answer.description.matchAll(/^`(\w+)`:/gm)].map(([, code = '']) => code)
        : [],
    );
  const problem = components?.schemas?.['Problem'];
  if (problem === undefined || '$ref' in problem) return;
  problem.properties = {
    ...problem.properties,
    code: { ...problem.properties?.['code'], enum: [...new Set(['method_not_allowed', ...codes])].sort() },
  };
}

const REDIRECTIONS = { successRedirectionUrl: TEXT, failureRedirectionUrl: TEXT };
const WAYS = [
  requiring({ source: { enum: ['SDK'] } }),
  requiring({ source: { enum: ['WEB_SDK'] }, ...REDIRECTIONS }),
];

/** Fields of which one decides about another: decorators of single fields cannot say so. */
const DEPENDENCIES: Readonly<
  Record<string, { readonly oneOf: readonly object[]; readonly example: object }>
> = {
  PersonSearchDto: {
    oneOf: ['phoneNumber', 'nik', 'email', 'subject'].map((field) => requiring({ [field]: TEXT })),
    example: { phoneNumber: '6285610573956' },
  },
  StartCoeFlowDto: { oneOf: WAYS, example: { flow: 'KTP_SCAN', source: 'SDK' } },
  StartIdentityVerificationDto: { oneOf: WAYS, example: { source: 'SDK' } },
  StartedJourneyDto: {
    oneOf: [requiring({ sdkToken: TEXT }), requiring({ launchUrl: TEXT })],
    example: {
      submissionId: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11',
      partnerSessionId: 'b719f79b-ae7a-440a-8f9c-05f661ca34e7',
      launchUrl: 'https://onekyc.example/web/1',
      expiresAt: '2026-11-22T03:04:05.678Z',
    },
  },
};

function requiring(properties: object): object {
  return { type: 'object', required: Object.keys(properties), properties };
}

function addDependencies({ components }: OpenAPIObject): void {
  for (const [name, rest] of Object.entries(DEPENDENCIES))
    Object.assign(components?.schemas?.[name] ?? {}, rest);
}
