import { generateKeyPairSync } from 'node:crypto';
import { ERROR_CATALOGUE, type CatalogueRow } from '../../lab/satusehat/error-catalogue';
import { startTestGateway, type TestGateway } from '../support/test-gateway';
import { Officer, PATIENT } from './satusehat-officer';
import {
  expectProblem,
  type ExpectedProblem,
  REFUSED,
  TIMEOUT,
  UNAVAILABLE,
  UNUSABLE,
} from './satusehat-problem';

let gateway: TestGateway;
let officer: Officer;

beforeAll(async () => {
  gateway = await startTestGateway();
  officer = new Officer(gateway);
});
afterAll(async () => {
  await gateway?.close();
});
beforeEach(() => {
  gateway.lab.satusehat.faults.clear();
  gateway.lab.satusehat.profile = 'documented';
});

/** A refused token is asked for anew once, so that the row has to come twice before the gateway gives up. */
const UNAUTHORISED = 2;

interface Expected extends ExpectedProblem {
  readonly times?: number;
  /** As it is for a challenge code where that differs: the plain form has no key that could be wrong. */
  readonly plain?: ExpectedProblem;
}

const wrongKey = {
  ...UNUSABLE,
  detail: 'cannot open what was sealed with our key',
  plain: { ...REFUSED, detail: 'takes sealed requests only' },
};

/** What a caller is told for every row of the Ministry's error catalogue (satusehat.md §7, contract §6). */
const EXPECTED: Record<CatalogueRow, Expected> = {
  'invalid-access-token': {
    ...UNUSABLE,
    times: UNAUTHORISED,
    detail: 'keymanagement.service.invalid_access_token',
  },
  'invalid-access-token-oauth': { ...UNUSABLE, times: UNAUTHORISED, detail: 'oauth.v2.InvalidAccessToken' },
  'access-token-expired': {
    ...UNUSABLE,
    times: UNAUTHORISED,
    detail: 'keymanagement.service.access_token_expired',
  },
  'no-api-product': {
    ...UNUSABLE,
    times: UNAUTHORISED,
    detail: 'keymanagement.service.InvalidAPICallAsNoApiProductMatchFound',
  },
  'fhir-invalid-access-token': { ...UNUSABLE, times: UNAUTHORISED, detail: 'invalid-access-token' },
  'rate-limit': { ...UNAVAILABLE, detail: 'policies.ratelimit.QuotaViolation' },
  'token-invalid-client': { ...UNUSABLE, detail: 'invalid_client' },
  'token-operation-outcome': { ...UNUSABLE, detail: '(value)' },
  'missing-begin-tag': {
    ...REFUSED,
    detail: '(400)',
    plain: { ...REFUSED, detail: 'takes sealed requests only' },
  },
  'failed-to-decrypt': wrongKey,
  'rsa-decryption-error': wrongKey,
  'bad-request': { ...REFUSED, detail: '(400)' },
  panic: { ...UNUSABLE, detail: '(HTTP 500)' },
  'forbidden-html': { ...UNUSABLE, detail: '(HTTP 403)' },
  'not-found-empty': { ...UNUSABLE, detail: '(HTTP 404)' },
  'no-healthy-upstream': { ...UNAVAILABLE, detail: '(HTTP 503)' },
  'gateway-timeout': { ...TIMEOUT, detail: '(HTTP 504)' },
};
const ROWS = Object.entries(EXPECTED) as [CatalogueRow, Expected][];

describe('every row of the error catalogue', () => {
  it('is known to these tests', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(Object.keys(ERROR_CATALOGUE).sort());
  });

  it.each(ROWS)('%s, when a validation page is asked for', async (row, expected) => {
    if (row.startsWith('token-')) gateway.lab.satusehat.revokeTokens();
    const before = await submissions();
    gateway.lab.satusehat.answerNext(row, expected.times);
    expectProblem(await officer.openPage(), expected);
    expect(gateway.lab.satusehat.faults.pending).toBe(0);
    expect(await submissions()).toBe(before);
  });

  it.each(ROWS)('%s, when a challenge code is asked for', async (row, expected) => {
    if (row.startsWith('token-')) gateway.lab.satusehat.revokeTokens();
    gateway.lab.satusehat.answerNext(row, expected.times);
    expectProblem(await officer.issueCode(), expected.plain ?? expected);
    expect(gateway.lab.satusehat.faults.pending).toBe(0);
  });

  it('never repeats what the Ministry wrote, nor what was sent', async () => {
    const body = {
      metadata: { code: '400', message: 'Error: Bad Request' },
      data: { error: `no such person: ${PATIENT.nik} ${PATIENT.name}` },
    };
    gateway.lab.satusehat.faults.next({ path: '/kyc/v1/challenge-code', status: 400, body });
    const answer = await officer.issueCode();
    expectProblem(answer, { ...REFUSED, detail: '(400)' });
    expect(JSON.stringify(answer.body)).not.toContain(PATIENT.nik);
    expect((await gateway.log()).join('')).not.toContain(PATIENT.nik);
    expect((await gateway.log()).join('')).not.toContain('no such person');
  });
});

describe('a code that the Ministry’s page does not know', () => {
  it.each([
    ['fault', { fault: { faultstring: 'x', detail: { errorcode: 'Budi.Santoso' } } }],
    ['outcome', { resourceType: 'OperationOutcome', issue: [{ code: '3171010101900001' }] }],
    ['oauth', { ErrorCode: 'BUDI_SANTOSO' }],
    ['metadata', { metadata: { code: 3171010101900001 }, data: {} }],
  ])('is neither shown nor logged, in a %s', async (_grammar, body) => {
    const before = (await gateway.log()).length;
    gateway.lab.satusehat.faults.next({ path: '/kyc/v1/challenge-code', status: 400, body });
    const answer = await officer.issueCode();
    expectProblem(answer, { ...UNUSABLE, detail: '(HTTP 400)' });
    const said = `${JSON.stringify(answer.body)}${(await gateway.log()).slice(before).join('')}`;
    expect(said).not.toMatch(/budi|3171010101900001/i);
  });
});

async function submissions(): Promise<number> {
  const { body } = await officer.get('/v1/submissions?kind=satusehat&limit=100');
  return (body['data'] as unknown[]).length;
}

describe('an access token that the Ministry refuses', () => {
  it('is renewed once, unseen by the officer', async () => {
    await officer.openPage();
    const lab = gateway.lab.satusehat;
    const before = { tokens: lab.calls('token'), pages: lab.calls('generate-url') };
    lab.revokeTokens();
    expect((await officer.openPage()).status).toBe(201);
    expect(lab.calls('token') - before.tokens).toBe(1);
    expect(lab.calls('generate-url') - before.pages).toBe(2);
  });

  it('is asked for once, however many officers wait for it', async () => {
    const lab = gateway.lab.satusehat;
    await officer.openPage();
    lab.revokeTokens();
    const before = lab.calls('token');
    const answers = await Promise.all(Array.from({ length: 8 }, () => officer.issueCode()));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
    expect(lab.calls('token') - before).toBe(1);
  });
});

describe('a gateway that seals for the wrong key', () => {
  it.each(['documented', 'staging'] as const)('says so, on the %s profile', async (profile) => {
    gateway.lab.satusehat.profile = profile;
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const wrong = await startTestGateway({
      lab: gateway.lab,
      environment: {
        SATUSEHAT_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      },
    });
    try {
      const answer = await new Officer(wrong).openPage();
      expectProblem(answer, { ...UNUSABLE, detail: 'cannot open what was sealed with our key' });
    } finally {
      await wrong.close();
    }
  });
});
