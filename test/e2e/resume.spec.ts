import { sampleImage } from '../../lab/gtf';
import { dueNow } from '../support/due-now';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let person: GtfPerson;

beforeAll(async () => {
  gateway = await startTestGateway();
  person = new GtfPerson(gateway);
});
afterAll(async () => {
  await gateway?.close();
});

const OFFICE = backOffice('nanovest');
const REDIRECTS = {
  successRedirectionUrl: 'https://nanovest.example/done',
  failureRedirectionUrl: 'https://nanovest.example/failed',
};

interface Shown {
  readonly submissionType: string | null;
  readonly documents: readonly { readonly type: string; readonly state: string }[];
  readonly launchUrl?: string | null;
}

async function shown(id: string, who = person): Promise<Shown> {
  return (await who.get(`/v1/submissions/${id}`)).body as Shown;
}

/** A journey through GTF's own page; its submission, session and address. */
async function launched(who = person): Promise<{ id: string; session: string; url: string }> {
  const { body } = await who.post('/v1/gtf/flows', { flow: 'KTP_SCAN', source: 'WEB_SDK', ...REDIRECTS });
  const { submissionId, partnerSessionId, launchUrl } = body as Record<string, string>;
  return { id: String(submissionId), session: String(partnerSessionId), url: String(launchUrl) };
}

describe('a person whose app was closed in the middle', () => {
  it('is shown what is checked and which documents are missing, as is their back office', async () => {
    const { body } = await person.create('KYC_LITE');
    const id = String(body.submissionId);
    const missing = [
      { type: 'KTP', state: 'missing' },
      { type: 'SELFIE', state: 'missing' },
    ];
    expect(await shown(id)).toMatchObject({
      submissionType: 'KYC_LITE',
      documents: missing,
      launchUrl: null,
    });
    await person.upload(id, 'KTP');
    const half = [{ type: 'KTP', state: 'uploaded' }, missing[1]];
    expect((await shown(id)).documents).toEqual(half);
    const list = await person.get('/v1/submissions?limit=1');
    expect(list.body.data).toMatchObject([{ id, submissionType: 'KYC_LITE', documents: half }]);
    expect(list.body.data[0]).not.toHaveProperty('launchUrl');
    const seen = await gateway.http.get(`/v1/submissions/${id}`).set('Authorization', OFFICE);
    expect(seen.body).toMatchObject({ submissionType: 'KYC_LITE', documents: half });
  });

  it('who confirms too early is told which document is missing, and goes on from there', async () => {
    const { body } = await person.create('KYC_LITE');
    const id = String(body.submissionId);
    await person.upload(id, 'KTP');
    const refused = await person.confirm(id);
    expect(refused.body).toMatchObject({
      ...{ status: 422, code: 'partner_refused' },
      errors: [{ field: 'documents.SELFIE', message: 'is missing' }],
    });
    expect(refused.body.detail).toContain('SELFIE');
    await person.upload(id, 'SELFIE');
    expect((await person.confirm(id)).status).toBe(202);
    expect((await shown(id)).documents.map(({ state }) => state)).toEqual(['uploaded', 'uploaded']);
  });

  it('counts what went straight to the storage once GTF has taken the submission over', async () => {
    const { body } = await person.create();
    const { submissionId, documents } = body as {
      submissionId: string;
      documents: { uploadUrl: string }[];
    };
    for (const { uploadUrl } of documents)
      await fetch(uploadUrl, {
        method: 'PUT',
        headers: { 'content-type': 'image/png' },
        body: new Uint8Array(sampleImage()),
      });
    expect((await shown(submissionId)).documents).toEqual([{ type: 'KTP', state: 'missing' }]);
    expect((await person.confirm(submissionId)).status).toBe(202);
    expect((await shown(submissionId)).documents).toEqual([{ type: 'KTP', state: 'uploaded' }]);
  });

  it('finds the way back to GTF’s page until they have finished there', async () => {
    const { id, session, url } = await launched();
    expect(await shown(id)).toMatchObject({ submissionType: 'KTP_SCAN', documents: [], launchUrl: url });
    gateway.lab.gtf.finishSdkJourney(session, {});
    await eventually(
      () => person.refresh(id),
      ({ body }) => (body as { status: string }).status === 'verified',
    );
    expect((await shown(id)).launchUrl).toBeNull();
  });
});

describe('the way back to GTF’s page', () => {
  it('is shown to the person alone, and on the page of the submission alone', async () => {
    const { id, url } = await launched();
    const neighbour = new GtfPerson(gateway, 'nanovest', '6285610573999');
    expect((await neighbour.get(`/v1/submissions/${id}`)).status).toBe(404);
    const purpose = 'purpose=access-request';
    for (const asked of [`submissions/${id}`, 'submissions', `people/${person.phoneNumber}?${purpose}`]) {
      const answer = await gateway.http.get(`/v1/${asked}`).set('Authorization', OFFICE);
      expect([asked, answer.status, answer.text.includes(url)]).toEqual([asked, 200, false]);
    }
    expect((await person.get('/v1/submissions')).text).not.toContain(url);
    const [row] = await gateway.query<{ launch_sealed: Buffer }>(
      'SELECT launch_sealed FROM gtf_session WHERE submission_id = $1',
      [id],
    );
    expect(row?.launch_sealed.includes(url)).toBe(false);
  });

  it('is forgotten when it expires', async () => {
    const { id } = await launched();
    await dueNow(gateway.query, 'gtf-drop-urls', id);
    const kept = await eventually(
      () =>
        gateway.query('SELECT FROM gtf_session WHERE submission_id = $1 AND launch_sealed IS NOT NULL', [id]),
      ({ length }) => length === 0,
    );
    expect(kept).toEqual([]);
    const expired = await launched();
    await gateway.query('UPDATE gtf_session SET launch_expires_at = now() WHERE submission_id = $1', [
      expired.id,
    ]);
    expect([(await shown(id)).launchUrl, (await shown(expired.id)).launchUrl]).toEqual([null, null]);
  });
});
