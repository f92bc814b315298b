import { eventually } from '../support/eventually';
import { ApiDocument, type Operation } from '../support/api-document';
import { type Answered, Caller, type Party, party } from '../support/party';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

/**
 * The walls between business units and between people, tried on every route of the OpenAPI document. A route whose inputs nobody
 * thought about yet fails here until they are classified.
 */
let gateway: TestGateway;
let document: ApiDocument;
let caller: Caller;
/** Who is to be protected: a person and the back office of a business unit. */
let victim: Party;
/** Another unit, and another person of the victim's own unit. */
let stranger: Party;
let neighbour: Party;

beforeAll(async () => {
  gateway = await startTestGateway();
  document = await ApiDocument.of(gateway);
  caller = new Caller(gateway, document);
  victim = await party(gateway, 'siminvest');
  stranger = await party(gateway, 'nanovest');
  neighbour = await party(gateway, 'siminvest');
});
afterAll(async () => {
  await gateway?.close();
});

const NOBODYS_ID = '00000000-0000-4000-8000-000000000000';
const NOBODYS_PHONE = '6281299999999';

/** Inputs that lead to somebody's data, with what leads to the victim's and what leads to nothing. */
const POINTERS: Readonly<
  Record<string, (of: Party) => readonly (readonly [theirs: string, nobodys: string])[]>
> = {
  id: (of) => [...of.own, ...of.office].map((id) => [id, NOBODYS_ID]),
  submissionId: (of) => [...of.own, ...of.office].map((id) => [id, NOBODYS_ID]),
  phoneNumber: (of) => [[of.person.phoneNumber, NOBODYS_PHONE]],
  identifier: (of) => [[of.person.phoneNumber, NOBODYS_PHONE]],
  idOrPhoneNumber: (of) => [[of.person.phoneNumber, NOBODYS_PHONE]],
  subject: (of) => [[of.person.subject, NOBODYS_ID]],
};

/** Inputs that lead nowhere: what somebody says about themselves, filters, texts. `cursor` is tried with the lists. */
const LEAD_NOWHERE = [
  ...[
    'limit',
    'cursor',
    'after',
    'afterSeq',
    'wait',
    'kind',
    'status',
    'createdFrom',
    'createdTo',
    'updatedFrom',
    'channel',
    'type',
  ],
  ...['fullName', 'nik', 'dateOfBirth', 'email', 'name', 'agentName', 'agentNik'],
  ...['officer', 'reason', 'override', 'purpose', 'consent', 'relationshipEndedOn'],
  ...['source', 'successRedirectionUrl', 'failureRedirectionUrl', 'verificationReferenceId', 'userLocale'],
  ...['submissionType', 'sdkSessionId'],
  ...['flow', 'theme', 'referenceImageUrl', 'allowQr', 'forceQr', 'portraitOnly'],
];

/** Common KYC is what the units share; who may read it is the partner's to say. */
const SHARED_BY_PURPOSE = ['GET /v1/common-kyc'];

const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

/** Routes of users and back offices. Partners' own calls carry no one else's objects; their walls stand beside their modules. */
function guarded(): Operation[] {
  return document.operations.filter(({ security }) =>
    (security ?? []).some((scheme) => 'user' in scheme || 'back-office' in scheme),
  );
}

function intruders(operation: Operation): readonly (readonly [who: string, authorization: string])[] {
  const schemes = (operation.security ?? []).flatMap((scheme) => Object.keys(scheme));
  return [
    ...schemes.map((scheme): [string, string] => [
      `${scheme} of another unit`,
      stranger.credentials[scheme] ?? '',
    ]),
    ...(schemes.includes('user')
      ? [['another person of the unit', neighbour.credentials['user'] ?? ''] as const]
      : []),
  ];
}

/** What can be told from an answer, without what is random in every one. */
function told({ status, contentType, text }: Answered, pointed: string): object {
  const shape = text
    .replaceAll(pointed, '<pointer>')
    .replaceAll(/"requestId":"[^"]*"/g, '')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uuid>');
  return { status, contentType, text: status < 300 ? Object.keys(parsed(shape)).sort() : shape };
}

function parsed(text: string): object {
  return text === '' ? {} : (JSON.parse(text) as object);
}

/** A list of things, as opposed to one thing's parts. */
function isList(operation: Operation): boolean {
  const schema = operation.responses['200']?.content?.['application/json']?.schema;
  return 'nextCursor' in document.properties(schema) && !operation.path.includes('{');
}

/** Every row of a list. */
async function wholeList(operation: Operation, authorization: string, from?: string): Promise<string[]> {
  const pages: string[] = [];
  let cursor: string | null = from ?? null;
  do {
    const inputs = { limit: '3', ...(cursor === null ? {} : { cursor }) };
    const { status, text } = await caller.call(operation, authorization, inputs);
    expect([nameOf(operation), status]).toEqual([nameOf(operation), 200]);
    pages.push(text);
    cursor = (JSON.parse(text) as { nextCursor: string | null }).nextCursor;
  } while (cursor !== null);
  return pages;
}

/** What the victim's own back office sees of everything: it must not change. */
async function victimsWorld(): Promise<string[]> {
  const seen: string[] = [];
  for (const operation of guarded().filter(({ method, path }) => method === 'GET' && path.includes('{id}')))
    for (const id of [...victim.own, ...victim.office]) {
      const authorization = victim.credentials['back-office'] ?? '';
      // Reading an identity is itself an event.
      if (operation.path.endsWith('/identity') || operation.path.endsWith('/stream')) continue;
      const { status, text } = await caller.call(operation, authorization, { id });
      if (status === 200) seen.push(text);
    }
  return seen;
}

describe('every route of users and back offices', () => {
  it('has inputs that somebody thought about', () => {
    expect(guarded().length).toBeGreaterThan(15);
    for (const operation of guarded()) {
      const declared = (operation.parameters ?? []).filter(({ in: where }) => where === 'path');
      const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect([nameOf(operation), declared.map(({ name }) => name).sort()]).toEqual([
        nameOf(operation),
        inPath.sort(),
      ]);
      const unknown = caller
        .inputs(operation)
        .filter((name) => !(name in POINTERS) && !LEAD_NOWHERE.includes(name));
      expect([nameOf(operation), unknown]).toEqual([nameOf(operation), []]);
    }
  });

  it('says nothing of others where nothing is asked', async () => {
    const secrets = [...victim.own, ...victim.office, victim.person.phoneNumber, victim.person.subject];
    for (const operation of guarded().filter(({ method, path }) => method === 'GET' && !path.includes('{')))
      for (const [who, authorization] of intruders(operation)) {
        const { text } = await caller.call(operation, authorization);
        const leaked = secrets.filter((secret) => text.includes(secret));
        expect([nameOf(operation), who, leaked]).toEqual([nameOf(operation), who, []]);
      }
  });

  it('answers about other people’s and other units’ things as about things that do not exist', async () => {
    // The receipt of the victim's own code changes it too, once.
    const settled = (seen: string[]): boolean => seen.some((text) => text.includes('"status":"delivered"'));
    const before = await eventually(victimsWorld, settled);
    expect(before.length).toBeGreaterThan(victim.own.length);
    let tried = 0;
    for (const operation of guarded().filter((it) => !SHARED_BY_PURPOSE.includes(nameOf(it))))
      for (const name of caller.inputs(operation).filter((input) => input in POINTERS))
        for (const [who, authorization] of intruders(operation))
          for (const [theirs, nobodys] of POINTERS[name]?.(victim) ?? []) {
            const what = `${nameOf(operation)} with the ${name} ${theirs}, by ${who}`;
            const answer = await caller.call(operation, authorization, { [name]: theirs });
            const nothing = await caller.call(operation, authorization, { [name]: nobodys });
            expect([what, told(answer, theirs)]).toEqual([what, told(nothing, nobodys)]);
            if (operation.path.includes(`{${name}}`)) expect([what, answer.status]).toEqual([what, 404]);
            tried += 1;
          }
    expect(tried).toBeGreaterThan(100);
    expect(await victimsWorld()).toEqual(before);
  });

  it('lists nobody else’s rows, and everybody’s own', async () => {
    const lists = guarded().filter(isList);
    expect(lists.map(nameOf)).toEqual(
      expect.arrayContaining(['GET /v1/submissions', 'GET /v1/otp-deliveries', 'GET /v1/event-deliveries']),
    );
    for (const operation of lists) {
      const rightful = victim.credentials['back-office'] ?? '';
      const theirs = (await wholeList(operation, rightful)).join();
      expect([...victim.own, ...victim.office].some((id) => theirs.includes(id))).toBe(true);
      const first = await caller.call(operation, rightful, { limit: '1' });
      const { nextCursor } = JSON.parse(first.text) as { nextCursor: string };
      for (const [who, authorization] of intruders(operation))
        for (const cursor of [undefined, nextCursor]) {
          const seen = (await wholeList(operation, authorization, cursor)).join();
          for (const id of [...victim.own, ...victim.office])
            expect([nameOf(operation), who, seen.includes(id)]).toEqual([nameOf(operation), who, false]);
        }
    }
  });

  it('lists to a person what they did with their own token, and nothing else', async () => {
    for (const operation of guarded().filter(isList)) {
      if (!(operation.security ?? []).some((scheme) => 'user' in scheme)) continue;
      const seen = (await wholeList(operation, victim.credentials['user'] ?? '')).join();
      for (const id of victim.own) expect([id, seen.includes(id)]).toEqual([id, true]);
      for (const id of [...victim.office, ...neighbour.own, ...stranger.own])
        expect([id, seen.includes(id)]).toEqual([id, false]);
    }
  });

  it('lets those in whose things they are', async () => {
    for (const operation of guarded().filter(({ path }) => path.includes('{id}')))
      for (const scheme of (operation.security ?? []).flatMap((it) => Object.keys(it))) {
        const answers: number[] = [];
        for (const id of [...victim.own, ...victim.office])
          answers.push((await caller.call(operation, victim.credentials[scheme] ?? '', { id })).status);
        const what = `${nameOf(operation)} by ${scheme}: ${answers.join()}`;
        expect([what, answers.some((status) => status !== 404)]).toEqual([what, true]);
      }
  });
});
