import { labCredentials } from '../../lab';
import { sampleImage } from '../../lab/gtf';
import { GtfPerson } from '../support/gtf-person';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let person: GtfPerson;

beforeAll(async () => {
  // One person goes through every combination of GTF's habits.
  gateway = await startTestGateway({ environment: { GTF_LIMIT_PER_PERSON_PER_DAY: '0' } });
  person = new GtfPerson(gateway);
});
afterAll(async () => {
  await gateway?.close();
});

const { clientId, passKey, coeOnboardingPartner, sivOnboardingPartner, userIdType } =
  labCredentials('nanovest').gtf;
const KEYS = { 'client-id': clientId, 'pass-key': passKey };
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Asks the lab as GTF's pages describe it, without any code of the gateway. */
async function ask(
  path: string,
  headers: Readonly<Record<string, string>>,
  init: RequestInit = {},
): Promise<Answer> {
  const answer = await fetch(gateway.lab.urls.gtf + path, { ...init, headers });
  return { status: answer.status, body: await answer.json() };
}

function refusal(status: number, code: string | number, cause: string): object {
  return {
    status,
    body: expect.objectContaining({ success: false, errors: [expect.objectContaining({ code, cause })] }),
  };
}

async function tokenOf(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { body } = await ask(path, { ...KEYS, ...headers });
  return (body as { data: { token: string } }).data.token;
}

const USER = {
  'x-onboarding-partner': coeOnboardingPartner,
  'x-partner-user-id': 'person-1',
  'x-partner-user-id-type': userIdType,
};
const SESSIONS = { 'x-sdk-session-id': 'sdk-1', 'x-partner-session-id': 'session-1' };

/** Every statement carries the section of gtf.md that repeats GTF's page. */
describe('the lab speaks as GTF’s pages say', () => {
  afterEach(() => {
    gateway.lab.gtf.behaviour.quirks = true;
    gateway.lab.gtf.behaviour.bareDetails = false;
  });

  it.each([
    ['/v1/coe/partner/authentication', {}, '3600'],
    ['/v1/esign/partner/authentication', {}, '1800'],
    ['/v2/coe/authentication', USER, '5184000'],
  ])('§2: %s issues a JWT, its expiries snake_case strings in seconds', async (path, headers, seconds) => {
    expect(await ask(path, { ...KEYS, ...headers })).toEqual({
      status: 200,
      body: {
        success: true,
        data: {
          token: expect.stringMatching(JWT),
          expiry_seconds: seconds,
          expires_at: expect.stringMatching(/^\d{10}$/),
        },
      },
    });
  });

  it.each([
    [
      '/v1/coe/partner/authentication',
      '1539',
      'CLIENT_ID_CAN_NOT_BE_EMPTY',
      '1539',
      'PASS_KEY_CAN_NOT_BE_EMPTY',
    ],
    ['/v1/esign/partner/authentication', '1650', 'MISSING_CLIENT_ID', '1650', 'MISSING_PASS_KEY'],
    ['/v2/coe/authentication', 1539, 'MISSING_CLIENT_ID_OR_PASS_KEY', 1539, 'MISSING_CLIENT_ID_OR_PASS_KEY'],
  ])('§2: %s names what is missing, with its own codes', async (path, code, noId, keyCode, noKey) => {
    expect(await ask(path, { 'pass-key': passKey })).toEqual(refusal(400, code, noId));
    expect(await ask(path, { 'client-id': clientId })).toEqual(refusal(400, keyCode, noKey));
  });

  it('§3.1: initiate answers camelCase strings: a token for the SDK, a URL for the web, once a session', async () => {
    const headers = {
      'x-onekyc-token': await tokenOf('/v1/esign/partner/authentication'),
      'x-onboarding-partner': sivOnboardingPartner,
      'x-partner-user-id': 'person-1',
      'x-partner-user-id-type': userIdType,
      'content-type': 'application/json',
    };
    const phone = { isVerified: true, verificationReferenceId: 'r' };
    const body = {
      flow: 'STANDALONE_IDENTITY_VERIFICATION',
      successRedirectionUrl: 'https://nanovest.example/a',
      failureRedirectionUrl: 'https://nanovest.example/b',
      additionalDetails: { phoneNumber: '628188888889', dataVerification: { phoneNumber: phone } },
    };
    const initiate = (source: string, session: string, more: object = {}): Promise<Answer> =>
      ask(
        '/esign-partner/v1/initiate-flow',
        { ...headers, 'x-partner-session-id': session },
        { method: 'POST', body: JSON.stringify({ ...body, source, ...more }) },
      );
    const times = {
      expirySeconds: expect.stringMatching(/^\d+$/),
      expiresAt: expect.stringMatching(/^\d{10}$/),
    };
    expect(await initiate('SDK', 'contract-1')).toEqual({
      status: 200,
      body: { success: true, data: { token: expect.stringMatching(JWT), ...times } },
    });
    expect(await initiate('WEB_SDK', 'contract-2')).toEqual({
      status: 200,
      body: { success: true, data: { launchUrl: expect.stringMatching(/^http/), ...times } },
    });
    expect(await initiate('SDK', 'contract-1')).toEqual(refusal(400, '1539', 'DUPLICATE_PARTNER_SESSION_ID'));
    const without = { additionalDetails: { dataVerification: { phoneNumber: phone } } };
    expect(await initiate('SDK', 'contract-3', without)).toEqual(
      refusal(400, '1539', 'PHONE_NUMBER_OR_EMAIL_IS_REQUIRED'),
    );
  });

  it('§3.2–3.4: a GET creates the submission, PUT confirms it once, the status is asked apart', async () => {
    const headers = { ...SESSIONS, 'x-onekyc-token': await tokenOf('/v2/coe/authentication', USER) };
    const urls = '/coe/v1/submissions/urls';
    const created = await ask(`${urls}?submissionType=KTP_SCAN`, headers);
    expect(created).toEqual({
      status: 200,
      body: {
        success: true,
        data: {
          submissionId: expect.any(String),
          status: 'INITIATED',
          documents: {
            KTP: {
              documentUrl: expect.any(String),
              documentReference: expect.any(String),
              expiryInSeconds: '600',
            },
          },
        },
      },
    });
    const { submissionId, documents } = (
      created.body as { data: { submissionId: string; documents: { KTP: { documentUrl: string } } } }
    ).data;
    const confirm = (id: string): Promise<Answer> =>
      ask(
        urls,
        { ...headers, 'content-type': 'application/json' },
        { method: 'PUT', body: JSON.stringify({ submissionId: id }) },
      );
    expect(await confirm(submissionId)).toEqual(refusal(422, '422', 'INVALID_UPLOAD_ARTIFACT'));
    const stored = await fetch(documents.KTP.documentUrl, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array(sampleImage({ scenario: 'NEVER_FINISHES' })),
    });
    expect(stored.status).toBe(200);
    expect(await confirm(submissionId)).toEqual({
      status: 200,
      body: { success: true, data: { submissionId } },
    });
    expect(await confirm(submissionId)).toEqual(refusal(409, '409', 'SUBMISSION_STATE_CONFLICT'));
    expect(await confirm('no-such')).toEqual(refusal(404, '404', 'SUBMISSION_DOES_NOT_EXIST'));
    expect(await ask(`/coe/v1/submissions/${submissionId}/status`, headers)).toMatchObject({
      status: 200,
      body: {
        data: {
          status: 'IN_PROGRESS',
          submissionType: 'KTP_SCAN',
          documents: { KTP: { status: 'UPLOADED' } },
        },
      },
    });
    expect(await ask(`/coe/v1/submissions/no-such/status`, headers)).toEqual(
      refusal(404, '1543', 'SUBMISSION_DOES_NOT_EXIST'),
    );
    expect(await ask(`${urls}?submissionType=SELFIE`, headers)).toEqual(
      refusal(400, '1542', 'INVALID_SUBMISSION_TYPE'),
    );
  });

  it('§3.5, §6: the same "not found" and "unauthorised" have other codes elsewhere; quirks off evens them out', async () => {
    const token = await tokenOf('/v2/coe/authentication', USER);
    const headers = { ...SESSIONS, 'x-onekyc-token': token, 'x-submission-id': 'no-such' };
    expect(await ask('/coe/v1/submissions', headers)).toEqual(
      refusal(400, 1552, 'SUBMISSION_DOES_NOT_EXIST'),
    );
    expect(await ask('/coe/v1/submissions', { ...SESSIONS, 'x-onekyc-token': 'x' })).toEqual(
      refusal(401, 1539, 'UNAUTHORIZED'),
    );
    gateway.lab.gtf.behaviour.quirks = false;
    const { body } = await ask('/v1/coe/partner/authentication', KEYS);
    expect(body).toMatchObject({ data: { expirySeconds: 3600, expiresAt: expect.any(Number) } });
  });
});

describe('the gateway understands GTF', () => {
  const variants = [true, false].flatMap((quirks) =>
    [true, false].flatMap((bareDetails) =>
      (['user', 'partner'] as const).map((coeDetailsToken) => ({ quirks, bareDetails, coeDetailsToken })),
    ),
  );

  it.each(variants)('COE and SIV, with %j', async (variant) => {
    Object.assign(gateway.lab.gtf.behaviour, variant, { uploadStatus: variant.quirks ? 204 : 200 });
    gateway.lab.gtf.revokeTokens();
    const types = ['KTP_SCAN', 'STANDALONE_LIVENESS', 'FACE_MATCH', 'FACE_VERIFICATION', 'KYC_LITE'] as const;
    const ids = await Promise.all(types.map((type) => person.submit({}, type)));
    const outcomes = await Promise.all(ids.map((id) => person.becomes(id, 'verified')));
    expect(outcomes).toEqual(types.map(() => 'verified'));
    const failed = await person.submit({ scenario: 'SYSTEM_ERROR' });
    expect(await person.becomes(failed, 'error')).toBe('error');
    const started = await person.post('/v1/gtf/identity-verifications', {
      source: 'SDK',
      verificationReferenceId: 'r',
    });
    const { submissionId, partnerSessionId, expiresAt } = started.body as Record<string, string>;
    expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.now() + 50 * 86_400_000);
    gateway.lab.gtf.finishSdkJourney(partnerSessionId ?? '');
    expect(await person.becomes(submissionId ?? '', 'verified')).toBe('verified');
  });

  it.each(['POST', 'PUT', 'PATCH'] as const)(
    'callbacks by %s with fields that no page mentions',
    async (method) => {
      Object.assign(gateway.lab.gtf.callbacks, { method, extraFields: true, duplicates: 2, reorder: true });
      const id = await person.submit({ scenario: 'SLOW_CERTIFICATE' });
      expect(await person.becomes(id, 'verified')).toBe('verified');
    },
  );
});
