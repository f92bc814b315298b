import { isDeepStrictEqual } from 'node:util';
import { newPhone } from '../support/otp-desk';
import { customer, tokenOf } from '../support/submission-story';
import { backOffice, otpSender } from '../support/test-gateway';
import { type Operation, type Order, RequestArbitraries } from './support/requests';
import type { Schema } from './support/schema-arbitrary';
import { SEED } from './support/runs';
import { FuzzWorld, operationsOf, type Outcome } from './support/world';
import document from '../../openapi.json';
import fc from 'fast-check';

/** Unicode in every text of every operation: taken and given back as it was, or 400 with the field; and no request’s fate is another’s. */
let world: FuzzWorld;
beforeAll(async () => {
  world = await FuzzWorld.create();
}, 120_000);
afterAll(() => world?.gateway.close());

/** By name, with what a text becomes that the document calls normal form C. */
const TEXTS: Readonly<Record<string, string>> = {
  astral: 'Budi 𝔘𠮷😀',
  'a family in one grapheme': 'Budi 👨‍👩‍👧‍👦',
  'a high surrogate': 'Budi \ud83d',
  'a low surrogate': '\ude00 Budi',
  'surrogates the wrong way round': 'Budi \ude00\ud83d',
  'right to left override': 'Budi \u202eidub',
  'an isolate': 'Bu\u2066di\u2069',
  'a byte order mark': '\ufeffBudi',
  'a zero width joiner': 'Bu\u200ddi',
  'a soft hyphen': 'Bu\u00addi',
  NUL: 'Budi\u0000',
  'an escaped NUL': 'Budi\\u0000',
  'a line feed': 'Budi\nSantoso',
  'a carriage return': 'Budi\r',
  'a line separator': 'Bu\u2028di',
  'an escape': 'Budi\u001b[31m',
  'a C1 control': 'Bu\u0085di',
  'full-width digits': '３１７１０１０１０１９０００１',
  'full-width letters': 'Ｂｕｄｉ',
  'Arabic digits': '٣١٧١٠١٠١٠١٩٠٠٠٠١',
  combining: 'Jose\u0301 D’Souza',
  'Hangul in pieces': '\u1112\u1161\u11ab',
  'a grapheme of a hundred marks': `B${'\u0301'.repeat(100)}`,
  ligatures: 'ﬁne ﷺ',
  'a noncharacter': 'Budi\uffff',
  'private use': 'Budi\ue000',
  'a tag': 'Budi\u{e0041}',
  'a Turkish i': 'İıIi',
  'a sharp s': 'Straße ẞ',
  'a Hangul filler': 'Budi\u3164',
  'a non-breaking space': 'Budi\u00a0Santoso',
  'an ideographic space': 'Budi\u3000Santoso',
};

/** Bodies and queries with a place for a text, as the document has them. */
function places(
  operation: Operation,
): readonly (readonly [where: 'body' | 'query', name: string, schema: Schema])[] {
  const { schemas } = world;
  const [content] = Object.values(operation.requestBody?.content ?? {});
  const body = content === undefined ? {} : (schemas.resolve(content.schema).properties ?? {});
  return [
    ...Object.entries(body).map(([name, schema]) => ['body', name, schemas.resolve(schema)] as const),
    ...operation.parameters
      .filter(({ in: where }) => where === 'query')
      .map(({ name, schema }) => ['query', name, schemas.resolve(schema)] as const),
  ].filter(([, , { type }]) => type === 'string');
}

const samples = new Map<string, Order>();

/** A valid request that has the text in the place. */
function withText(operation: Operation, where: 'body' | 'query', name: string, text: string): Order {
  const known = samples.get(operation.operationId);
  const order = known ?? sampleOf(operation);
  samples.set(operation.operationId, order);
  if (where === 'body') return { ...order, body: { ...(order.body as object), [name]: text } };
  return { ...order, query: [...order.query.filter(([other]) => other !== name), [name, text]] };
}

function sampleOf(operation: Operation): Order {
  const requests = new RequestArbitraries(operation, world.schemas, world.specials(operation));
  const [order] = fc.sample(requests.valid(), { numRuns: 1, seed: SEED });
  if (order === undefined) throw new Error('no request');
  // Their own keys and waits are for other tests.
  const { 'Idempotency-Key': _key, ...headers } = order.headers;
  return { ...order, headers, query: order.query.filter(([name]) => name !== 'wait') };
}

/** One of four. */
const ODDEST = Object.values(TEXTS).filter((_, index) => index % 4 === 2);
const tried = operationsOf(document).filter(({ operationId }) => operationId !== 'receiveTwilioReceipt');

describe('a text that is odd', () => {
  it.each(Object.entries(TEXTS))(
    'is taken or refused with its field, in every place for one: %s',
    async (_name, text) => {
      let count = 0;
      const judge = async (operation: Operation, where: 'body' | 'query', name: string): Promise<void> => {
        const outcome = await world.send(operation, withText(operation, where, name, text), false);
        const what = `${operation.operationId} ${where} ${name}: ${outcome.status} ${outcome.text.slice(0, 200)}`;
        expect([what, outcome.status < 500, outcome.fault]).toEqual([what, true, undefined]);
        if (outcome.status === 400) expect([what, namesTheField(outcome, name)]).toEqual([what, true]);
        count += 1;
      };
      for (const operation of tried)
        await Promise.all(
          places(operation)
            // No address can hold half a character: percent-coded bytes below.
            .filter(([where]) => where === 'body' || text.isWellFormed())
            .map(([where, name]) => judge(operation, where, name)),
        );
      expect(count).toBeGreaterThan(30);
    },
  );

  it('in an address that is no UTF-8 is refused, never read as something else', async () => {
    for (const bytes of [
      '%00',
      '%ff',
      '%c0%80',
      '%ed%a0%80',
      '%f4%90%80%80',
      '%c3',
      '%e2%80%ae',
      '%',
      '%zz',
      '%u0041',
    ])
      for (const path of [
        `/v1/submissions/${bytes}`,
        `/v1/submissions?phoneNumber=${bytes}`,
        `/v1/people/${bytes}?purpose=audit`,
      ]) {
        const { status } = await fetch(world.gateway.url + path, {
          headers: { authorization: backOffice('nanovest') },
        });
        expect([path, status]).toEqual([path, status === 404 ? 404 : 400]);
      }
  });

  function namesTheField({ text }: Outcome, name: string): boolean {
    const { errors, error_description: described } = JSON.parse(text) as {
      errors?: { field: string }[];
      error_description?: string;
    };
    if (errors === undefined) return described?.includes(name) ?? true;
    return errors.some(({ field }) => field === name);
  }

  it('is given back as it was written, in normal form C', async () => {
    let kept = 0;
    for (const text of Object.values(TEXTS)) {
      const kyc = { phoneNumber: newPhone(), nik: '3171010101900001', dateOfBirth: '1990-01-01', email: '' };
      const stored = await office('POST', '/v1/common-kyc', { ...kyc, fullName: text });
      if (stored.status === 400) continue;
      expect([text, stored.status]).toEqual([text, 202]);
      const identity = await office(
        'GET',
        `/v1/submissions/${String(stored.body['submissionId'])}/identity?purpose=audit`,
      );
      expect(identity.body['fullName']).toBe(text.normalize('NFC').trim());
      kept += 1;
    }
    expect(kept).toBeGreaterThan(8);
  });
});

interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}
async function ask(method: string, path: string, authorization: string, body?: unknown): Promise<Answered> {
  const response = await fetch(world.gateway.url + path, {
    method,
    headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}
const office = (method: string, path: string, body?: unknown): Promise<Answered> =>
  ask(method, path, backOffice('nanovest'), body);

/** What can be told from an answer, without ids. */
function shape({ status, body }: Answered): object {
  return { status, fields: Object.keys(body).sort(), state: body['status'] };
}

/** What is gathered into one statement, or judged in one turn: each with what cannot be taken. */
const GATHERED: readonly (readonly [
  name: string,
  ordinary: () => Promise<Answered>,
  hostile: readonly (() => Promise<Answered>)[],
])[] = [
  [
    'codes',
    () => code({ identifier: newPhone() }),
    [
      ...ODDEST.map((text) => () => code({ identifier: newPhone(), otp: text })),
      ...ODDEST.map((text) => () => code({ identifier: `${text}@mail.example` })),
      () => code({ identifier: newPhone(), channel: 'fax' }),
      () => code({ identifier: newPhone(), channel: 'email' }),
      () => code({ identifier: newPhone(), otp: 'x'.repeat(3_000) }),
      () =>
        ask(
          'POST',
          '/v1/webhooks/otp',
          otpSender('nanovest'),
          `{"identifier":"\\ud800","otp":"\\u0000","channel":"sms"`,
        ),
      () => ask('POST', '/v1/webhooks/otp', otpSender('nanovest'), `{"__proto__":{"a":1}}`),
    ],
  ],
  [
    'events of the ledger',
    () => kyc({}),
    [
      ...ODDEST.map((text) => () => kyc({ fullName: text })),
      () => kyc({ fullName: '𝔘'.repeat(200) }),
      () => kyc({ fullName: '\u0301'.repeat(200) }),
      () => kyc({ consent: { textVersion: 'v', givenAt: '1900-01-01T00:00:00+23:59' } }),
      () => kyc({ dateOfBirth: '1900-01-01', nik: '0000000101000000' }),
      () => office('POST', `/v1/submissions/00000000-0000-4000-8000-000000000000/reject`, { reason: 'none' }),
    ],
  ],
  [
    'sessions at GTF',
    () => ask('POST', '/v1/gtf/flows', person(), { flow: 'KTP_SCAN', source: 'SDK' }),
    ODDEST.map(
      (text) => () =>
        ask('POST', '/v1/gtf/identity-verifications', person(), {
          source: 'SDK',
          verificationReferenceId: text,
        }),
    ),
  ],
];

const code = (of: object): Promise<Answered> =>
  ask('POST', '/v1/webhooks/otp', otpSender('nanovest'), { otp: '123456', channel: 'sms', ...of });
const kyc = (of: object): Promise<Answered> =>
  office('POST', '/v1/common-kyc', {
    ...{
      phoneNumber: newPhone(),
      nik: '3171010101900001',
      dateOfBirth: '1990-01-01',
      email: '',
      fullName: 'BUDI',
    },
    ...of,
  });
const person = (): string => `Bearer ${tokenOf(world.gateway, customer('nanovest'))}`;

describe('a request that nobody can take', () => {
  it.each(GATHERED)(
    'changes nothing for twenty that come with it: %s',
    async (_name, ordinary, hostile) => {
      const alone = shape(await ordinary());
      for (const one of hostile) {
        const [apart] = await Promise.all([one()]);
        const among = await Promise.all([...ten(ordinary), one(), ...ten(ordinary)]);
        const [together] = among.splice(10, 1);
        expect(among.map(shape).every((each) => isDeepStrictEqual(each, alone))).toBe(true);
        expect(together?.status).toBe(apart?.status);
        expect(new Set(among.map(({ body }) => body['submissionId'] ?? body['id'])).size).toBe(among.length);
      }
    },
    120_000,
  );
});

function ten(ordinary: () => Promise<Answered>): Promise<Answered>[] {
  return Array.from({ length: 10 }, ordinary);
}
