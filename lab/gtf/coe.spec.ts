import { BusinessUnit, Clock, startLab, upload, type Answer } from './gtf-client.fixture';
import { sampleImage, type GtfLab } from './index';
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
const refused = (status: number, code: unknown, cause: string): object => ({
  status,
  json: { success: false, errors: [{ code, cause }] },
});

async function uploaded(type: string): Promise<string> {
  const { id, documents } = await unit.create(type);
  for (const { documentUrl } of Object.values(documents)) await upload(documentUrl, sampleImage());
  return id;
}

describe('asking for presigned URLs', () => {
  const URLS = '/coe/v1/submissions/urls';

  it('creates a submission with one upload URL a document, which lives 600 s', async () => {
    const answer = await unit.coe('GET', `${URLS}?submissionType=FACE_VERIFICATION`);
    const submission = lab.submissions()[0];
    expect(dataOf(answer)).toMatchObject({ submissionId: submission?.id, status: 'INITIATED' });
    const documents = dataOf(answer)['documents'] as Record<string, unknown>;
    expect(Object.keys(documents)).toEqual(['SELFIE', 'ADDITIONAL_SELFIE']);
    expect(documents['SELFIE']).toEqual({
      documentUrl: expect.stringContaining('X-Amz-Signature='),
      documentReference: submission?.documents['SELFIE']?.reference,
      expiryInSeconds: '600',
    });
    expect(submission).toMatchObject({
      unit: 'nanovest',
      userId: 'person-1',
      partnerSessionId: unit.session,
    });
  });

  it('refuses an unknown type and a document key', async () => {
    for (const type of ['SELFIE', '', 'STANDALONE_IDENTITY_VERIFICATION']) {
      expect(await unit.coe('GET', `${URLS}?submissionType=${type}`)).toMatchObject(
        refused(400, '1542', 'INVALID_SUBMISSION_TYPE'),
      );
    }
  });

  it('demands both session headers', async () => {
    const answer = await unit.coe('GET', `${URLS}?submissionType=KTP_SCAN`, undefined, {
      'x-sdk-session-id': '',
    });
    expect(answer).toMatchObject(refused(400, '1539', 'COE_PARTNER_CAN_NOT_BE_EMPTY'));
  });

  it("spends the person's attempts, and nobody else's", async () => {
    lab.behaviour.attemptsPerUser = 2;
    await unit.create('KTP_SCAN');
    await unit.create('KYC_LITE');
    expect(await unit.coe('GET', `${URLS}?submissionType=KTP_SCAN`)).toMatchObject(
      refused(429, '429', 'SUBMISSION_QUOTA_EXCEEDED'),
    );
    const other = new BusinessUnit(lab, 'nanovest', 'person-2');
    expect((await other.create('KTP_SCAN')).id).toBeDefined();
    expect(lab.submissions()).toHaveLength(3);
  });
});

describe('confirming', () => {
  it('starts processing once every document is there, and only once', async () => {
    const id = await uploaded('KTP_SCAN');
    expect(dataOf(await unit.confirm(id))).toEqual({ submissionId: id });
    expect(dataOf(await unit.status(id))['status']).toBe('IN_PROGRESS');
    expect(await unit.confirm(id)).toMatchObject(refused(409, '409', 'SUBMISSION_STATE_CONFLICT'));
    await lab.settle(id);
    expect(await unit.confirm(id)).toMatchObject(refused(409, '409', 'SUBMISSION_STATE_CONFLICT'));
  });

  it('refuses a missing document and what is no image', async () => {
    const { id, documents } = await unit.create('KYC_LITE');
    await upload(documents['KTP']?.documentUrl ?? '', sampleImage());
    expect(await unit.confirm(id)).toMatchObject(refused(422, '422', 'INVALID_UPLOAD_ARTIFACT'));
    await upload(documents['SELFIE']?.documentUrl ?? '', 'not an image');
    expect(await unit.confirm(id)).toMatchObject(refused(422, '422', 'INVALID_UPLOAD_ARTIFACT'));
    await upload(documents['SELFIE']?.documentUrl ?? '', sampleImage());
    expect((await unit.confirm(id)).status).toBe(200);
  });

  it("refuses what it does not know, another person's, and a body without an id", async () => {
    const id = await uploaded('KTP_SCAN');
    expect(await unit.confirm('nobody')).toMatchObject(refused(404, '404', 'SUBMISSION_DOES_NOT_EXIST'));
    expect(await unit.confirm(undefined)).toMatchObject(
      refused(400, '1542', 'INVALID_CONFIRM_UPLOAD_REQUEST'),
    );
    expect(await unit.confirm(id, { 'x-sdk-session-id': '' })).toMatchObject(
      refused(400, '1539', 'X_SDK_SESSION_ID_CAN_NOT_BE_EMPTY'),
    );
    for (const stranger of [
      new BusinessUnit(lab, 'nanovest', 'person-2'),
      new BusinessUnit(lab, 'siminvest'),
    ]) {
      expect(await stranger.confirm(id)).toMatchObject(refused(403, '110', 'FORBIDDEN'));
    }
  });
});

describe('the status', () => {
  it('follows the submission from INITIATED to COMPLETED', async () => {
    const { id, documents } = await unit.create('KTP_SCAN');
    expect(dataOf(await unit.status(id))).toEqual({
      submissionId: id,
      status: 'INITIATED',
      submissionType: 'KTP_SCAN',
      createdAt: clock.now().toISOString(),
      completedAt: null,
      verificationResult: null,
      documents: { KTP: { status: 'PENDING', documentReference: null } },
    });
    await upload(documents['KTP']?.documentUrl ?? '', sampleImage());
    await unit.confirm(id);
    clock.advance(60);
    await lab.settle(id);
    expect(dataOf(await unit.status(id))).toMatchObject({
      status: 'COMPLETED',
      completedAt: clock.now().toISOString(),
      verificationResult: { isApproved: true, riskLevel: 'LOW', confidence: '95' },
      documents: { KTP: { status: 'VERIFIED', documentReference: documents['KTP']?.documentReference } },
    });
  });

  it('refuses an id it cannot read and one it does not know', async () => {
    expect(await unit.status('a%20b')).toMatchObject(refused(400, '1541', 'INVALID_SUBMISSION_ID'));
    expect(await unit.status('nobody')).toMatchObject(refused(404, '1543', 'SUBMISSION_DOES_NOT_EXIST'));
  });
});

describe('the details', () => {
  it('of a passed face verification have the documented shape', async () => {
    const id = await unit.submit('FACE_VERIFICATION');
    await lab.settle(id);
    const { json } = await unit.details(id);
    expect(json).toEqual({
      success: true,
      data: {
        status: 'COMPLETED',
        submissionId: id,
        flow: 'FACE_VERIFICATION',
        partnerSessionId: unit.session,
        result: 'VALID',
        reasonCode: '',
        processedAt: clock.now().toISOString(),
        submissionDetails: {
          imageUrls: expect.objectContaining({ selfie: expect.stringContaining('X-Amz-Expires=432000') }),
          verificationResults: {
            faceMatch: { score: expect.any(Number), result: true, version: '2.3.0' },
            liveness: { result: true, version: '4.0.0' },
            referenceImageValidation: { ktp: { verificationResult: true } },
          },
        },
      },
    });
  });

  it("of a KTP scan carry the card's data", async () => {
    const id = await unit.submit('KTP_SCAN', { nik: '3171234567890001', name: 'BUDI SANTOSO' });
    await lab.settle(id);
    expect(dataOf(await unit.details(id))).toMatchObject({
      result: 'VALID',
      submissionDetails: { ktpData: { ...SAMPLE_KTP, nik: '3171234567890001', name: 'BUDI SANTOSO' } },
    });
  });

  it('of an unfinished submission have no result', async () => {
    const id = await unit.submit('FACE_MATCH');
    const data = dataOf(await unit.details(id));
    expect(data).toMatchObject({ status: 'IN_PROGRESS', submissionId: id });
    expect(Object.keys(data)).not.toEqual(expect.arrayContaining(['result']));
  });

  it('of a system error may hold two fields only', async () => {
    const id = await unit.submit('FACE_MATCH', { scenario: 'SYSTEM_ERROR' });
    await lab.settle(id);
    expect(dataOf(await unit.details(id))).toEqual({ status: 'ERROR', reasonCode: 'VERIFICATION_FAILED' });
    lab.behaviour.quirks = false;
    expect(dataOf(await unit.details(id))).toMatchObject({ status: 'ERROR', submissionId: id });
  });

  it('are found by session too, the latest submission first', async () => {
    await unit.submit('KTP_SCAN');
    const latest = await unit.submit('KTP_SCAN');
    expect(dataOf(await unit.details(''))['submissionId']).toBe(latest);
  });

  it('refuse with integer codes, and 1539 for a bad token', async () => {
    const id = await unit.submit('KTP_SCAN');
    expect(await unit.details('nobody')).toMatchObject(refused(400, 1552, 'SUBMISSION_DOES_NOT_EXIST'));
    expect(await unit.details('', { 'x-partner-session-id': '' })).toMatchObject(
      refused(400, 1550, 'PARTNER_USER_ID_CAN_NOT_BE_EMPTY'),
    );
    expect(await new BusinessUnit(lab, 'nanovest', 'person-2').details(id)).toMatchObject(
      refused(400, 1553, 'PARTNER_SESSION_ID_DOES_NOT_BELONG_TO_THE_USER'),
    );
    expect(await unit.details(id, { 'x-onekyc-token': 'x' })).toMatchObject({
      status: 401,
      json: { success: false, data: null, errors: [{ code: 1539, cause: 'UNAUTHORIZED' }] },
    });
    lab.behaviour.quirks = false;
    expect(await unit.details(id, { 'x-onekyc-token': 'x' })).toMatchObject(
      refused(401, '110', 'UNAUTHORIZED'),
    );
    expect(await unit.details('nobody')).toMatchObject(refused(400, '1552', 'SUBMISSION_DOES_NOT_EXIST'));
  });

  it('take the partner token when told so, and always under /coe-partner', async () => {
    const id = await unit.submit('KTP_SCAN');
    const partner = { 'x-onekyc-token': await unit.token('v1/coe/partner') };
    expect((await unit.details(id, partner)).status).toBe(401);
    lab.behaviour.coeDetailsToken = 'partner';
    expect((await unit.details(id, partner)).status).toBe(200);
    expect((await unit.details(id)).status).toBe(401);
    const person = { ...partner, ...unit.user, 'x-onboarding-partner': 'any', 'x-submission-id': id };
    const answer = await unit.coe('GET', '/coe-partner/v1/submissions', undefined, person);
    expect(dataOf(answer)['submissionId']).toBe(id);
    expect((await unit.coe('GET', '/coe-partner/v1/submissions', undefined, partner)).status).toBe(400);
  });

  it('come without the envelope when told so', async () => {
    const id = await unit.submit('KTP_SCAN');
    lab.behaviour.bareDetails = true;
    expect((await unit.details(id)).json).toMatchObject({ status: 'IN_PROGRESS', submissionId: id });
  });
});
