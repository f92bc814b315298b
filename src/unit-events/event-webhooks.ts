import type { OpenAPIObject } from '@nestjs/swagger';
import { EVENT_TYPES, type EventType, type LedgerEvent, STATUS_EVENTS, statusAfter } from '../kyc-ledger';
import { Secret } from '../platform/config';
import { bodyOf, signedHeaders } from './webhooks/webhook-message';

type Webhooks = NonNullable<OpenAPIObject['webhooks']>;
type Operation = NonNullable<Webhooks[string]['post']>;
type Parameter = Exclude<NonNullable<Operation['parameters']>[number], { readonly $ref: string }>;
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** Signs the examples and nothing else. */
const EXAMPLE_SECRET = `whsec_${Buffer.from('the secret of the examples').toString('base64')}`;
const AT = new Date('2026-11-22T03:04:05.678Z');
const ID = '9f86d081-884c-8d65-8a2f-eaa0c55ad015';
const SUBMISSION = '4d7c3f0e-6a59-4a4f-8a83-0d2c8c1f9b11';

const SUMMARIES: Readonly<Record<EventType, string>> = {
  'kyc.opened': 'A submission was opened',
  'kyc.processing': 'The partner works on it',
  'kyc.verified': 'The partner verified the person',
  'kyc.declined': 'The partner declined',
  'kyc.error': 'The partner could not judge',
  'kyc.unrecognised': 'The partner said something that the gateway has no word for',
  'kyc.stale': 'The partner said nothing for too long',
  'kyc.approved': 'The back office approved',
  'kyc.rejected': 'The back office rejected',
  'common_kyc.shared': 'The approved data reached Common KYC',
  'common_kyc.share_failed': 'The approved data did not reach Common KYC',
  'challenge_code.issued': 'A SATUSEHAT challenge code was issued',
  'identity.read': 'Somebody of the back office read the identity',
  'partner.contradicted': 'The partner said something else than before, which changes nothing',
  'common_kyc.read': "Somebody of the back office read a person's record at Common KYC",
  'person.erased': 'A person was erased',
  'person.read': 'Somebody of the back office read everything held about a person',
  'person.restricted': "A person's data is kept by law and not used any more",
  'ledger.checkpoint':
    'The chain of events was signed as it ended; keep it, and you can testify to your own chain',
};

const WITHOUT_SUBMISSION: readonly EventType[] = [
  ...(['common_kyc.read', 'person.erased', 'person.read', 'person.restricted'] as const),
  'ledger.checkpoint',
];

const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});
const nullable = (description: string): Schema => ({ type: ['string', 'null'], description });
const TEXT: Schema = { type: 'string' };
const SEQ: Schema = { type: 'integer', example: 42, description: "Place in the business unit's chain" };
const WHEN = 'When it happened';
const SCHEMAS = {
  EventWebhook: object({
    type: TEXT,
    timestamp: { type: 'string', format: 'date-time', example: AT.toISOString(), description: WHEN },
    data: { type: 'object' },
  }),
  SubmissionEventData: object({
    seq: SEQ,
    submissionId: nullable('Null: about a person as a whole; the feed names who'),
    kind: nullable('Kind of the submission'),
    status: nullable('What the submission was after the event'),
    reasonCode: nullable('As of the submission'),
  }),
  CheckpointEventData: object({
    seq: SEQ,
    submissionId: nullable('Null'),
    checkpoint: object({ seq: SEQ, hash: TEXT, at: TEXT, keyId: TEXT, signature: TEXT }),
  }),
};

function exampleOf(type: EventType): LedgerEvent {
  const checkpoint = {
    seq: 41,
    hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    at: AT.toISOString(),
    keyId: '0123456789abcdef',
    signature: 'ab'.repeat(64),
  };
  const isOfSubmission = !WITHOUT_SUBMISSION.includes(type);
  const moved = STATUS_EVENTS.find((known) => known === type) ?? 'kyc.verified';
  const submissionId = isOfSubmission ? SUBMISSION : null;
  return {
    ...{ seq: 42, id: ID, type, at: AT, submissionId, personId: null, hash: checkpoint.hash },
    data: type === 'ledger.checkpoint' ? { seq: 42, submissionId, checkpoint } : {},
    submission: isOfSubmission
      ? { kind: 'gtf-coe', status: statusAfter('gtf-coe', moved), reasonCode: null }
      : null,
  };
}

const header = (name: string, description: string, example: string): Parameter => ({
  ...{ name, in: 'header', required: true, description, schema: { type: 'string' }, example },
});

/** What the webhooks have in common, by name. */
const COMPONENTS = {
  schemas: SCHEMAS,
  parameters: {
    WebhookId: header('webhook-id', 'The same in every try: take an event once', ID),
    WebhookTimestamp: header(
      'webhook-timestamp',
      'When this try was made, seconds since 1970: refuse what is older than five minutes',
      String(Math.floor(AT.getTime() / 1000)),
    ),
  },
  responses: {
    WebhookTaken: { description: 'Taken; any 2xx is as good' },
    WebhookGone: { description: 'Nothing more is sent until `retry` or `replay`' },
    WebhookAgain: {
      description: 'Anything else, and no answer within 15 s: sent again, for about three days',
    },
  },
};

function pascal(type: EventType): string {
  return type.replaceAll(/(?:^|[._])([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function operation(type: EventType): Operation {
  const event = exampleOf(type);
  const example = bodyOf(event);
  const { 'webhook-signature': signature = '' } = signedHeaders(ID, AT, JSON.stringify(example), [
    new Secret(EXAMPLE_SECRET),
  ]);
  const data = type === 'ledger.checkpoint' ? 'CheckpointEventData' : 'SubmissionEventData';
  return {
    tags: ['Events'],
    operationId: `hear${pascal(type)}`,
    summary: SUMMARIES[type],
    description: `To \`BU_<BU>_EVENTS_URL\`; the example is signed with \`${EXAMPLE_SECRET}\`, without blanks.`,
    security: [],
    parameters: [
      { $ref: '#/components/parameters/WebhookId' },
      { $ref: '#/components/parameters/WebhookTimestamp' },
      header(
        'webhook-signature',
        'One for each of `EVENTS_SECRETS`, a blank between them (Standard Webhooks)',
        signature,
      ),
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            allOf: [{ $ref: '#/components/schemas/EventWebhook' }],
            properties: {
              type: { type: 'string', enum: [type] },
              data: { $ref: `#/components/schemas/${data}` },
            },
          },
          example,
        },
      },
    },
    responses: {
      '200': { $ref: '#/components/responses/WebhookTaken' },
      '410': { $ref: '#/components/responses/WebhookGone' },
      default: { $ref: '#/components/responses/WebhookAgain' },
    },
  };
}

/** Describes what is posted to the unit's own back end, type by type (OpenAPI's `webhooks`). */
export function describeWebhooks(document: OpenAPIObject): void {
  document.webhooks = Object.fromEntries(EVENT_TYPES.map((type) => [type, { post: operation(type) }]));
  const { components = {} } = document;
  document.components = {
    ...components,
    schemas: { ...components.schemas, ...COMPONENTS.schemas },
    parameters: { ...components.parameters, ...COMPONENTS.parameters },
    responses: { ...components.responses, ...COMPONENTS.responses },
  };
}
