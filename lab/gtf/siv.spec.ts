import { labCredentials } from '../credentials';
import { BusinessUnit, Clock, SIV_REQUEST, startLab, type Answer } from './gtf-client.fixture';
import type { GtfLab } from './index';
import { SAMPLE_KTP } from './ktp-data';

let lab: GtfLab;
let clock: Clock;
let unit: BusinessUnit;

beforeEach(async () => {
  clock = new Clock();
  lab = await startLab(clock);
  unit = new BusinessUnit(lab);
});
afterEach(() => lab.close());

const dataOf = ({ json }: Answer): Record<string, unknown> => json['data'] as Record<string, unknown>;
const causesOf = ({ json }: Answer): string[] =>
  ((json['errors'] ?? []) as { cause: string }[]).map(({ cause }) => cause);

describe('initiating an identity verification', () => {
  it('gives the SDK a token, in camelCase and strings', async () => {
    const answer = await unit.initiateSiv();
    expect(answer.status).toBe(200);
    expect(dataOf(answer)).toEqual({
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expirySeconds: '5184000',
      expiresAt: String(Math.floor(clock.now().getTime() / 1000) + 5_184_000),
    });
  });

  it('gives the web a launch URL, and numbers with the quirks off', async () => {
    lab.behaviour.quirks = false;
    expect(dataOf(await unit.initiateSiv({ source: 'WEB_SDK' }))).toEqual({
      launchUrl: expect.stringMatching(new RegExp(`^${lab.url}/web/[0-9a-f-]{36}$`)),
      expirySeconds: 5_184_000,
      expiresAt: expect.any(Number),
    });
  });

  it("takes the onboarding partner under either header name, and only the unit's own", async () => {
    const { sivOnboardingPartner } = labCredentials('nanovest').gtf;
    const renamed = { 'x-onboarding-partner': '', 'x-esign-onboarding-partner': sivOnboardingPartner };
    expect((await unit.initiateSiv({}, renamed)).status).toBe(200);
    const none = await unit.initiateSiv({}, { 'x-onboarding-partner': '', 'x-partner-session-id': 's2' });
    expect(none).toMatchObject({
      status: 400,
      json: { errors: [{ code: '1650', cause: 'ESIGN_ONBOARDING_PARTNER_CAN_NOT_BE_EMPTY' }] },
    });
    expect(await unit.initiateSiv({}, { 'x-onboarding-partner': 'SOMEBODY' })).toMatchObject({
      status: 403,
      json: { errors: [{ code: '110', cause: 'ONBOARDING_PARTNER_DOES_NOT_BELONG_TO_CLIENT' }] },
    });
  });

  it('refuses a second call with the same session', async () => {
    await unit.initiateSiv();
    expect(await unit.initiateSiv()).toMatchObject({
      status: 400,
      json: { errors: [{ code: '1539', cause: 'DUPLICATE_PARTNER_SESSION_ID' }] },
    });
    expect(lab.flows()).toHaveLength(1);
  });

  it.each(['x-partner-user-id', 'x-partner-user-id-type', 'x-partner-session-id'])(
    'demands %s',
    async (name) => {
      const [cause = ''] = causesOf(await unit.initiateSiv({}, { [name]: '' }));
      expect(cause).toMatch(/^PARTNER_(USER_ID|USER_ID_TYPE|SESSION_ID)_CAN_?NOT_BE_EMPTY$/);
    },
  );

  const phone = SIV_REQUEST.additionalDetails;
  const verified = { isVerified: true, verificationReferenceId: 'otp-1' };
  it.each([
    ['INVALID_FLOW', { flow: 'KTP_SCAN' }],
    ['INVALID_SOURCE', { source: 'FAX' }],
    ['INVALID_REDIRECTION_URL', { source: 'WEB_SDK', successRedirectionUrl: 'ftp://x' }],
    ['ADDITIONAL_DETAILS_IS_NULL', { additionalDetails: null }],
    ['PHONE_NUMBER_OR_EMAIL_IS_REQUIRED', { additionalDetails: {} }],
    ['PHONE_NUMBER_IS_INVALID', { additionalDetails: { ...phone, phoneNumber: '08188888889' } }],
    ['PHONE_NUMBER_IS_INVALID', { additionalDetails: { ...phone, phoneNumber: '+628188888889' } }],
    ['PHONE_NUMBER_IS_INVALID', { additionalDetails: { ...phone, phoneNumber: '6281888888' } }],
    ['PHONE_NUMBER_IS_INVALID', { additionalDetails: { ...phone, phoneNumber: '6281888888812345' } }],
    ['DATA_VERIFICATION_IS_EMPTY', { additionalDetails: { phoneNumber: '628188888889' } }],
    [
      'PHONE_NUMBER_VERIFICATION_MUST_BE_TRUE',
      {
        additionalDetails: {
          ...phone,
          dataVerification: { phoneNumber: { ...verified, isVerified: 'true' } },
        },
      },
    ],
    [
      'PHONE_NUMBER_VERIFICATION_REFERENCE_ID_IS_REQUIRED',
      { additionalDetails: { ...phone, dataVerification: { phoneNumber: { isVerified: true } } } },
    ],
    ['EMAIL_IS_INVALID', { additionalDetails: { email: 'nobody', dataVerification: { email: verified } } }],
    ['EMAIL_VERIFICATION_IS_REQUIRED', { additionalDetails: { email: 'a@b.id', dataVerification: {} } }],
    [
      'EMAIL_VERIFICATION_REFERENCE_ID_IS_REQUIRED',
      { additionalDetails: { email: 'a@b.id', dataVerification: { email: { isVerified: true } } } },
    ],
  ])('says %s', async (cause, body) => {
    const answer = await unit.initiateSiv(body);
    expect([answer.status, causesOf(answer)]).toEqual([400, [cause]]);
    expect(lab.flows()).toEqual([]);
  });

  it('accepts an e-mail address instead, and phone numbers of 11 and 15 digits', async () => {
    const email = { email: 'someone@example.com', dataVerification: { email: verified } };
    const bodies = [
      email,
      { ...phone, phoneNumber: '62818888888' },
      { ...phone, phoneNumber: '628188888881234' },
    ];
    for (const [index, additionalDetails] of bodies.entries()) {
      const answer = await unit.initiateSiv({ additionalDetails }, { 'x-partner-session-id': `s${index}` });
      expect(answer.status).toBe(200);
    }
  });
});

describe('the details of an identity verification', () => {
  it('have the documented shape once it passed', async () => {
    await unit.initiateSiv();
    const id = lab.finishSdkJourney(unit.session, { outcome: 'VALID' });
    await lab.settle(id);
    expect((await unit.sivDetails()).json).toEqual({
      success: true,
      data: {
        submissionId: id,
        flow: 'STANDALONE_IDENTITY_VERIFICATION',
        userId: 'person-1',
        userIdType: 'SIMAS_ID',
        partnerSessionId: unit.session,
        status: 'COMPLETED',
        result: 'VALID',
        processedAt: clock.now().toISOString(),
        submissionDetails: {
          verificationResult: { nik: 'PASS', name: 'PASS', dateOfBirth: 'PASS', selfie: 'PASS' },
          ktpData: SAMPLE_KTP,
          certificateRegistration: {
            registrationId: expect.any(String),
            eligibleToActivate: true,
            onboardingCode: 'NEW_USER',
            shouldSkipActivation: true,
          },
          imageUrls: {
            KTP: expect.stringContaining('X-Amz-Expires=432000'),
            SELFIE: expect.stringContaining(lab.storageUrl),
            ADDITIONAL_SELFIE: expect.any(String),
          },
        },
      },
    });
  });

  it('show a rejection without the card, and the certificate only when it is issued', async () => {
    await unit.initiateSiv();
    const id = lab.finishSdkJourney(unit.session, { outcome: 'NOT_EKTP' });
    await lab.settle(id);
    const rejected = dataOf(await unit.sivDetails());
    expect(rejected).toMatchObject({ status: 'COMPLETED', result: 'INVALID', reasonCode: 'NOT_EKTP' });
    expect(Object.keys(rejected['submissionDetails'] as object)).toEqual([
      'rejectionReasonTranslations',
      'imageUrls',
    ]);
  });

  it('have neither result nor reason while it is processed', async () => {
    await unit.initiateSiv();
    lab.finishSdkJourney(unit.session);
    expect(Object.keys(dataOf(await unit.sivDetails()))).toEqual([
      'submissionId',
      'flow',
      'userId',
      'userIdType',
      'partnerSessionId',
      'status',
    ]);
  });

  it('refuse strangers, other sessions and what has not begun', async () => {
    const asked = await unit.sivDetails();
    expect(asked).toMatchObject({ status: 404, json: { data: {}, errors: [{ code: '1514' }] } });
    expect(causesOf(asked)[0]).toMatch(/^USER_NOT_FOUND_FOR_PARTNER_/);
    await unit.initiateSiv();
    expect(await unit.sivDetails()).toMatchObject({ status: 404, json: { errors: [{ code: '1518' }] } });
    lab.finishSdkJourney(unit.session);
    const other = new BusinessUnit(lab, 'nanovest', 'person-2');
    await other.initiateSiv({}, { 'x-partner-session-id': 'another' });
    expect(await other.sivDetails()).toMatchObject({
      status: 400,
      json: {
        data: null,
        errors: [{ code: '1653', cause: 'SUBMISSION_ID_DOES_NOT_BELONG_TO_CURRENT_USER' }],
      },
    });
    expect(await new BusinessUnit(lab, 'siminvest').sivDetails()).toMatchObject({ status: 404 });
    expect((await unit.sivDetails({ 'x-onekyc-token': 'x' })).json).toMatchObject({
      errors: [{ code: '110', cause: 'UNAUTHORIZED', entity: 'ESIGN_ADAPTER' }],
    });
  });
});
