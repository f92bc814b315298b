import type { Response } from 'supertest';
import { customer, officerTokenOf } from '../support/submission-story';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';
import { OFFICER, PATIENT } from './satusehat-officer';

let gateway: TestGateway;
let token: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  token = officerTokenOf(gateway, customer());
});
afterAll(async () => {
  await gateway?.close();
});

const CONSENT = { textVersion: 'kyc-terms-2025-10', givenAt: '2025-11-22T10:04:05+07:00' };
const RECORDED = { textVersion: 'kyc-terms-2025-10', givenAt: '2025-11-22T03:04:05.000Z' };

/** Every route by which a person's data starts on its way to a partner, and the event that says so. */
const WAYS = [
  ['gtf-ekyc', 'kyc.opened', '/v1/gtf/submissions', { submissionType: 'KTP_SCAN' }],
  [
    'gtf-ekyc',
    'kyc.opened',
    '/v1/gtf/identity-verifications',
    { source: 'SDK', verificationReferenceId: 'otp-1' },
  ],
  ['gtf-ekyc', 'kyc.opened', '/v1/gtf/flows', { flow: 'KTP_SCAN', source: 'SDK' }],
  ['satusehat', 'kyc.opened', '/v1/satusehat/validation-urls', OFFICER],
  ['satusehat', 'challenge_code.issued', '/v1/satusehat/challenge-codes', PATIENT],
  [
    'common-kyc',
    'kyc.opened',
    '/v1/common-kyc',
    {
      phoneNumber: '6285610573956',
      fullName: 'BUDI SANTOSO',
      nik: '3171010101900001',
      dateOfBirth: '1990-01-01',
      email: '',
    },
  ],
] as const;

function post(path: string, body: object): Promise<Response> {
  const authorization = path === '/v1/common-kyc' ? backOffice('nanovest') : `Bearer ${token}`;
  return gateway.http.post(path).set('Authorization', authorization).send(body);
}

async function consents(answer: Response): Promise<Record<string, unknown>> {
  const { submissionId } = answer.body as { submissionId: string };
  const { body } = await gateway.http
    .get(`/v1/submissions/${submissionId}/events`)
    .set('Authorization', backOffice('nanovest'));
  const { data } = body as { data: { type: string; data: { consent?: object } }[] };
  return Object.fromEntries(
    data.flatMap(({ type, data: { consent } }) => (consent === undefined ? [] : [[type, consent]])),
  );
}

describe('a person’s consent', () => {
  it.each(WAYS)('to %s is recorded in %s: purpose, time and version of the text (%s)', async (...way) => {
    const [purpose, type, path, body] = way;
    const answer = await post(path, { ...body, consent: CONSENT });
    expect([answer.status < 300, await consents(answer)]).toEqual([
      true,
      { [type]: { purpose, ...RECORDED } },
    ]);
  });

  it.each(WAYS)('to %s that the business unit does not name is not made up (%s %s)', async (...way) => {
    const [, , path, body] = way;
    const answer = await post(path, body);
    expect([answer.status < 300, await consents(answer)]).toEqual([true, {}]);
  });

  it.each(WAYS)('to %s cannot be given tomorrow (%s %s)', async (...way) => {
    const [, , path, body] = way;
    const givenAt = new Date(Date.now() + 86_400_000).toISOString();
    const answer = await post(path, { ...body, consent: { ...CONSENT, givenAt } });
    expect([answer.status, answer.body.errors]).toEqual([
      400,
      [{ field: 'consent.givenAt', message: 'must not be in the future' }],
    ]);
  });

  it.each(WAYS)('to %s names a text, never a person (%s %s)', async (...way) => {
    const [, , path, body] = way;
    for (const textVersion of ['3171010101900001', 'terms-085610573956', 'a b', '', null]) {
      const answer = await post(path, { ...body, consent: { ...CONSENT, textVersion } });
      expect([textVersion, answer.status, answer.body.errors]).toEqual([
        textVersion,
        400,
        [{ field: 'consent.textVersion', message: expect.stringContaining('must be an identifier') }],
      ]);
    }
  });

  it('may be given by a clock that is a little ahead', async () => {
    const givenAt = new Date(Date.now() + 30_000).toISOString();
    const [, , path, body] = WAYS[0];
    expect((await post(path, { ...body, consent: { ...CONSENT, givenAt } })).status).toBe(201);
  });
});
