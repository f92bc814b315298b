import { createHash } from 'node:crypto';
import { sampleImage } from '../../lab/gtf';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let person: GtfPerson;

beforeAll(async () => {
  // One person stands for many.
  gateway = await startTestGateway({ environment: { GTF_LIMIT_PER_PERSON_PER_DAY: '0' } });
  person = new GtfPerson(gateway);
});
beforeEach(() => gateway.lab.gtf.faults.clear());
afterAll(async () => {
  await gateway?.close();
});

const URLS = '/coe/v1/submissions/urls';
const CARD = { nik: '3175014107900003', name: 'SITI AMINAH', dateOfBirth: '01-07-1990', gender: 'female' };

/** GTF's own id of a submission. */
async function partnerIdOf(id: string): Promise<string | undefined> {
  const sql = 'SELECT partner_submission_id AS id FROM gtf_session WHERE submission_id = $1';
  return (await gateway.query<{ id: string }>(sql, [id]))[0]?.id;
}

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

describe('confirming', () => {
  it('repeated is the same answer and no second event', async () => {
    const id = await person.prepare({ scenario: 'NEVER_FINISHES' });
    const answers = [await person.confirm(id), await person.confirm(id)];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[1]?.body.status).toBe('processing');
    expect(await person.events(id)).toEqual(['kyc.opened', 'kyc.processing']);
  });

  it('ten times at once is one event', async () => {
    const id = await person.prepare({ scenario: 'NEVER_FINISHES' });
    const answers = await Promise.all(Array.from({ length: 10 }, () => person.confirm(id)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(await person.events(id)).toEqual(['kyc.opened', 'kyc.processing']);
  });

  it('whose answer is lost is reconciled by asking', async () => {
    const id = await person.prepare({ scenario: 'NEVER_FINISHES' });
    const before = gateway.lab.gtf.calls('confirm');
    gateway.lab.gtf.faults.next({ path: URLS, method: 'PUT', reset: true, afterWork: true });
    expect((await person.confirm(id)).body).toMatchObject({ status: 'processing' });
    expect(gateway.lab.gtf.calls('confirm')).toBe(before + 1);
  });

  async function isLookedAt(id: string): Promise<boolean> {
    const sql = 'SELECT FROM gtf_session WHERE submission_id = $1 AND polls_from IS NOT NULL';
    return (await gateway.query(sql, [id])).length === 1;
  }

  it('of which nobody can tell whether it worked goes on being asked about', async () => {
    const id = await person.prepare({ scenario: 'NEVER_FINISHES' });
    gateway.lab.gtf.faults.next({ path: URLS, method: 'PUT', reset: true, afterWork: true });
    for (const attempt of ['whose answer is lost', 'that GTF says was made before']) {
      gateway.lab.gtf.faults.next({ path: '/coe/v1/submissions/', method: 'GET', status: 503, times: 2 });
      const { status, body } = await person.confirm(id);
      expect([attempt, status, body.code]).toEqual([attempt, 503, 'partner_unavailable']);
      expect(await isLookedAt(id)).toBe(true);
      gateway.lab.gtf.faults.clear();
    }
    expect((await person.confirm(id)).body).toMatchObject({ status: 'processing' });
  });

  it('refused ends nothing that another one has begun', async () => {
    const id = await person.prepare({ scenario: 'NEVER_FINISHES' });
    const errors = [{ code: '422', cause: 'INVALID_UPLOAD_ARTIFACT' }];
    const body = { success: false, errors };
    gateway.lab.gtf.faults.next({ path: URLS, method: 'PUT', delayMs: 300, status: 422, body });
    const refused = person.confirm(id);
    await eventually(
      () => Promise.resolve(gateway.lab.gtf.faults.pending),
      (pending) => pending === 0,
    );
    expect((await person.confirm(id)).status).toBe(202);
    expect((await refused).status).toBe(422);
    expect(await isLookedAt(id)).toBe(true);
  });

  it('that GTF never got stays open, and can be tried again', async () => {
    const id = await person.prepare();
    gateway.lab.gtf.faults.next({ path: URLS, method: 'PUT', reset: true });
    expect((await person.confirm(id)).status).toBe(503);
    expect(await person.status(id)).toBe('open');
    expect((await person.confirm(id)).status).toBe(202);
  });

  it('is not for identity verifications, which GTF’s own pages confirm', async () => {
    const started = await person.post('/v1/gtf/identity-verifications', {
      source: 'SDK',
      verificationReferenceId: 'r',
    });
    const { submissionId } = started.body as { submissionId: string };
    expect((await person.confirm(submissionId)).status).toBe(404);
  });
});

describe('refreshing', () => {
  it('in every state asks GTF and moves nothing backwards', async () => {
    const id = await person.prepare();
    expect((await person.refresh(id)).body).toMatchObject({ status: 'open' });
    await person.confirm(id);
    await person.becomes(id, 'verified');
    const approved = await person.refresh(id);
    expect(approved.body).toMatchObject({ status: 'verified' });
    expect(await person.events(id)).toEqual(['kyc.opened', 'kyc.processing', 'kyc.verified']);
  });

  it.each(['user', 'partner'] as const)(
    'finds the details when GTF wants the %s token for them',
    async (kind) => {
      gateway.lab.gtf.behaviour.coeDetailsToken = kind;
      const id = await person.submit();
      await person.becomes(id, 'verified');
      gateway.lab.gtf.behaviour.coeDetailsToken = 'user';
    },
  );

  it('remembers which token GTF wants for the details, and raises no alarm about the other', async () => {
    const alarms = async (): Promise<number> =>
      (await gateway.log()).filter((line) => line.includes('GTF refuses a token it has just issued')).length;
    const id = await person.submit({ scenario: 'NEVER_FINISHES' });
    const before = await alarms();
    for (const kind of ['partner', 'user'] as const) {
      gateway.lab.gtf.behaviour.coeDetailsToken = kind;
      expect((await person.refresh(id)).status).toBe(200);
      const calls = gateway.lab.gtf.requests().length;
      expect((await person.refresh(id)).status).toBe(200);
      expect([kind, gateway.lab.gtf.requests().length - calls]).toEqual([kind, 1]);
    }
    expect(await alarms()).toBe(before);
  });

  it('before the confirm moves nothing, whatever the details call it', async () => {
    const id = await person.prepare();
    for (const status of ['IN_PROGRESS', 'A_NEW_WORD']) {
      const body = { success: true, data: { status, submissionId: await partnerIdOf(id) } };
      gateway.lab.gtf.faults.next({ path: '/coe/v1/submissions', method: 'GET', status: 200, body });
      expect((await person.refresh(id)).body).toMatchObject({ status: 'open' });
    }
    expect((await person.confirm(id)).status).toBe(202);
    await person.becomes(id, 'verified');
  });

  it('keeps no word of a result that could be somebody’s name or number', async () => {
    const id = await person.submit({ scenario: 'NEVER_FINISHES' });
    const submissionId = await partnerIdOf(id);
    const data = {
      status: 'COMPLETED',
      result: 'INVALID',
      reasonCode: 'BUDI 3171010101900001',
      submissionId,
    };
    gateway.lab.gtf.faults.next({ path: '/coe/v1/submissions', status: 200, body: { success: true, data } });
    const answer = await person.refresh(id);
    expect(answer.body).toMatchObject({ status: 'declined', reasonCode: 'undocumented' });
    const events = await person.get(`/v1/submissions/${id}/events`);
    expect(events.text).not.toMatch(/BUDI|3171010101900001/);
  });

  it('never believes details about another submission', async () => {
    const id = await person.submit({ scenario: 'NEVER_FINISHES' });
    const body = {
      success: true,
      data: { status: 'COMPLETED', result: 'VALID', submissionId: 'somebody-else' },
    };
    gateway.lab.gtf.faults.next({ path: '/coe/v1/submissions', status: 200, body });
    expect((await person.refresh(id)).body).toMatchObject({ status: 502, code: 'partner_error' });
    expect(await person.status(id)).toBe('processing');
  });
});
