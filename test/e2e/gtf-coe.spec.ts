import { createHash } from 'node:crypto';
import { sampleImage } from '../../lab/gtf';
import { GtfPerson } from '../support/gtf-person';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let person: GtfPerson;

beforeAll(async () => {
  gateway = await startTestGateway();
  person = new GtfPerson(gateway);
});
afterAll(async () => {
  await gateway?.close();
});

const CARD = { nik: '3175014107900003', name: 'SITI AMINAH', dateOfBirth: '01-07-1990', gender: 'female' };

describe("a person's COE submission", () => {
  it('is verified after upload and confirm, because GTF called and was then asked', async () => {
    const created = await person.create();
    expect(created.status).toBe(201);
    const { submissionId, documents } = created.body as { submissionId: string; documents: object[] };
    expect(created.body).toEqual({
      submissionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      partnerSessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      documents: [
        { type: 'KTP', uploadUrl: expect.stringContaining('X-Amz-Signature'), expiresAt: expect.any(String) },
      ],
    });
    expect(documents).toHaveLength(1);
    expect(created.headers['location']).toBe(`/v1/submissions/${submissionId}`);

    const image = sampleImage(CARD);
    const uploaded = await person.upload(submissionId, 'KTP', image);
    expect(uploaded.status).toBe(200);
    expect(uploaded.body).toEqual({
      type: 'KTP',
      bytes: image.length,
      sha256: createHash('sha256').update(image).digest('hex'),
    });

    const confirmed = await person.confirm(submissionId);
    expect(confirmed.status).toBe(202);
    expect(confirmed.body).toMatchObject({ id: submissionId, kind: 'gtf-coe', status: 'processing' });

    await person.becomes(submissionId, 'verified');
    expect(await person.events(submissionId)).toEqual(['kyc.opened', 'kyc.processing', 'kyc.verified']);
  });

  it('is verified by refresh when no callback ever comes', async () => {
    gateway.lab.gtf.callbacks.drop = true;
    const id = await person.submit(CARD);
    const partnerId = (await person.refresh(id)).body.partnerSubmissionId as string;
    await gateway.lab.gtf.settle(partnerId);
    const refreshed = await person.refresh(id);
    gateway.lab.gtf.callbacks.drop = false;
    expect(refreshed.status).toBe(200);
    expect(refreshed.body).toMatchObject({
      status: 'verified',
      reasonCode: null,
      verification: { nik: 'pass', name: 'pass', dateOfBirth: 'pass', selfie: 'unknown' },
    });
  });

  it('renews a token that GTF no longer takes, and mints one token for fifty requests at once', async () => {
    const id = await person.prepare();
    gateway.lab.gtf.revokeTokens();
    const before = gateway.lab.gtf.calls('user-token');
    const answers = await Promise.all(Array.from({ length: 50 }, () => person.refresh(id)));
    expect(answers.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
    expect(gateway.lab.gtf.calls('user-token')).toBe(before + 1);
  });
});
