import { createHash, randomUUID } from 'node:crypto';
import { startLab } from '../../lab';
import { sampleImage } from '../../lab/gtf';
import { dueNow } from '../support/due-now';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { inTime } from '../support/in-time';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let person: GtfPerson;

beforeAll(async () => {
  gateway = await startTestGateway({
    environment: {
      PARTNER_TIMEOUT_MS: '1000',
      GTF_UPLOAD_TIMEOUT_MS: '3000',
      GTF_LIMIT_PER_PERSON_PER_DAY: '0', // one person stands for many
    },
  });
  person = new GtfPerson(gateway);
});
beforeEach(() => {
  gateway.lab.gtf.faults.clear();
  gateway.lab.gtf.storageFaults.clear();
  gateway.lab.gtf.behaviour.attemptsPerUser = Number.POSITIVE_INFINITY;
  gateway.lab.gtf.behaviour.lifetimes.uploadUrl = 600;
});
afterAll(async () => {
  await gateway?.close();
});

const URLS = '/coe/v1/submissions/urls';

async function fresh(): Promise<{ id: string; type: string }> {
  const created = await person.create();
  const { submissionId, documents } = created.body as { submissionId: string; documents: { type: string }[] };
  return { id: submissionId, type: documents[0]?.type ?? '' };
}

describe('creating a submission', () => {
  it('takes the documents by whatever names GTF has for them', async () => {
    const documentUrl = `${gateway.environment['GTF_COE_BASE_URL'] ?? ''}/x`;
    const documents = { selfie: { documentUrl, expiryInSeconds: '600' } };
    const data = { submissionId: randomUUID(), status: 'INITIATED', documents };
    gateway.lab.gtf.faults.next({ path: URLS, status: 200, body: { success: true, data } });
    const answer = await person.create();
    expect(answer.status).toBe(201);
    expect((answer.body as { documents: { type: string }[] }).documents).toMatchObject([{ type: 'selfie' }]);
  });

  it('says that the attempts are used up, once and for all', async () => {
    gateway.lab.gtf.behaviour.attemptsPerUser = 0;
    const before = gateway.lab.gtf.calls('presigned-urls');
    const answer = await person.create();
    expect(answer.body).toMatchObject({ status: 422, code: 'partner_refused' });
    expect(answer.body.detail).toContain('SUBMISSION_QUOTA_EXCEEDED');
    expect(gateway.lab.gtf.calls('presigned-urls')).toBe(before + 1);
  });

  it('says when to come back when GTF is only busy', async () => {
    const busy = { success: false, errors: [{ code: '429', cause: 'TOO_MANY_REQUESTS' }] };
    gateway.lab.gtf.faults.next({ path: URLS, status: 429, body: busy, headers: { 'retry-after': '7' } });
    const answer = await person.create();
    expect(answer.body).toMatchObject({ status: 503, code: 'partner_unavailable' });
    expect(answer.headers['retry-after']).toBe('7');
  });

  it.each([
    ['resets the connection', { reset: true }, 503, 'partner_unavailable'],
    ['has done it and resets the connection', { reset: true, afterWork: true }, 503, 'partner_unavailable'],
    ['never answers', { hang: true }, 504, 'partner_timeout'],
    ['answers with a web page', { status: 502, body: '<html>Bad Gateway</html>' }, 502, 'partner_error'],
    [
      'is behind a gateway without a route',
      { status: 404, body: { message: 'no Route' } },
      502,
      'partner_error',
    ],
    [
      'is behind a gateway that speaks of errors',
      { status: 400, body: { errors: [{ status: '400', title: 'Bad Request' }] } },
      502,
      'partner_error',
    ],
    ['answers success without data', { status: 200, body: { success: true } }, 502, 'partner_error'],
    [
      'answers success:false with 200',
      { status: 200, body: { success: false, errors: [] } },
      502,
      'partner_error',
    ],
    ['answers nothing', { status: 200, body: '' }, 502, 'partner_error'],
    ['answers JSON that is no object', { status: 200, body: '[]' }, 502, 'partner_error'],
  ] as const)('is never repeated when GTF %s', async (_what, fault, status, code) => {
    await inTime(2_000, async () => {
      const before = gateway.lab.gtf.calls('presigned-urls');
      gateway.lab.gtf.faults.next({ path: URLS, ...fault });
      expect((await person.create()).body).toMatchObject({ status, code });
      expect(gateway.lab.gtf.calls('presigned-urls')).toBe(before + 1);
    });
  });

  it('is refused at once where GTF answers a text that never ends, and holds up nobody else', async () => {
    const body = `"${'\\"'.repeat(250_000)}`;
    gateway.lab.gtf.faults.next({ path: URLS, status: 200, body });
    await inTime(2_000, async () => {
      const [answer, live] = await Promise.all([person.create(), gateway.http.get('/health/live')]);
      expect(answer.body).toMatchObject({ status: 502, code: 'partner_error' });
      expect(live.status).toBe(200);
    });
  });

  it.each([
    ['1539', 'BUDI SANTOSO 3171010101900001'],
    ['1539', 'BUDI_SANTOSO'],
    ['3171010101900001', 'SUBMISSION_DOES_NOT_EXIST_FOR_BUDI'],
    ['BUDI', undefined],
  ])('repeats nothing of a refusal %s %s that GTF’s pages do not know', async (code, cause) => {
    const before = (await gateway.log()).length;
    gateway.lab.gtf.faults.next({
      path: URLS,
      status: 400,
      body: { success: false, errors: [{ code, cause }] },
    });
    const answer = await person.create();
    expect(answer.body).toMatchObject({ status: 422, code: 'partner_refused' });
    const said = `${answer.text}${(await gateway.log()).slice(before).join('')}`;
    expect(said).not.toMatch(/BUDI|3171010101900001/);
  });

  it('never hands out an upload address on a host that is not allowed', async () => {
    const documents = { KTP: { documentUrl: 'https://evil.example/bucket?sig=1', expiryInSeconds: '600' } };
    const body = { success: true, data: { submissionId: 'x', status: 'INITIATED', documents } };
    gateway.lab.gtf.faults.next({ path: URLS, status: 200, body });
    const answer = await person.create();
    expect(answer.body).toMatchObject({ status: 502, code: 'partner_error' });
    expect(JSON.stringify(answer.body)).not.toContain('evil.example');
  });

  it.each([
    {},
    { submissionType: 'SELFIE' },
    { submissionType: 'KTP_SCAN', more: 1 },
    { submissionType: 'KTP_SCAN', sdkSessionId: 'a b' },
    { submissionType: 'KTP_SCAN', sdkSessionId: null },
    { submissionType: 'KTP_SCAN', sdkSessionId: 'app-6285610573956' },
    { submissionType: 'KTP_SCAN', sdkSessionId: '3171010101900001' },
    { submissionType: 'KTP_SCAN', sdkSessionId: 'a'.repeat(65) },
  ])('refuses %j', async (body) => {
    expect((await person.post('/v1/gtf/submissions', body)).body).toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
  });
});

describe('a GTF that hangs', () => {
  const start = { source: 'SDK', verificationReferenceId: 'r' };
  it.each<readonly [string, (id: string) => Promise<{ readonly body: unknown }>]>([
    ['creating a submission', () => person.create()],
    ['starting an identity verification', () => person.post('/v1/gtf/identity-verifications', start)],
    ['confirming', (id) => person.confirm(id)],
    ['refreshing', (id) => person.refresh(id)],
  ])('costs a person who is %s no more than the deadline and a second', async (_what, act) => {
    const id = await person.prepare();
    for (const mintAnew of [false, true]) {
      await inTime(2_000, async () => {
        if (mintAnew) gateway.lab.gtf.revokeTokens();
        gateway.lab.gtf.faults.next({ hang: true, times: 50 });
        expect((await act(id)).body).toMatchObject({ status: 504, code: 'partner_timeout' });
        gateway.lab.gtf.faults.clear();
      });
    }
  });

  it('is said to a person who refreshes', async () => {
    const id = await person.prepare();
    gateway.lab.gtf.faults.next({ path: '/coe/v1/submissions', hang: true, times: 5 });
    expect((await person.refresh(id)).body).toMatchObject({ status: 504, code: 'partner_timeout' });
  });
});

describe('credentials GTF does not know', () => {
  it('are 502 for the person and an alarm for the operator', async () => {
    const other = await startTestGateway({
      lab: gateway.lab,
      database: gateway.database,
      environment: { ...gateway.environment, PORT: '0', BU_NANOVEST_GTF_PASS_KEY: 'not-the-pass-key' },
    });
    const answer = await new GtfPerson(other).create();
    expect(answer.body).toMatchObject({ status: 502, code: 'partner_error' });
    expect(
      (await other.log()).some(
        (line) => line.includes('"gtf_credentials_refused"') && line.includes('coe_user_token'),
      ),
    ).toBe(true);
    expect((await other.log()).join('')).not.toContain('not-the-pass-key');
    await other.close();
    gateway.lab.connectGateway({ url: gateway.url, otpWebhook: {} });
  });
});

describe('a unit without GTF', () => {
  it('is told so, and runs without it', async () => {
    const lab = await startLab({ units: ['nanovest'] });
    const other = await startTestGateway({
      lab,
      database: gateway.database,
      environment: { BUSINESS_UNITS: 'nanovest,siminvest' },
    });
    const refused = { status: 501, code: 'partner_not_configured' };
    const without = new GtfPerson(other, 'siminvest');
    expect((await without.create()).body).toMatchObject(refused);
    for (const source of ['SDK', 'WEB_SDK']) {
      const coe = { flow: 'KTP_SCAN', source };
      expect((await without.post('/v1/gtf/flows', coe)).body).toMatchObject(refused);
      const siv = { source, email: 'somebody@else.example' };
      expect((await without.post('/v1/gtf/identity-verifications', siv)).body).toMatchObject(refused);
    }
    expect((await new GtfPerson(other).create()).status).toBe(201);
    await other.close();
    await lab.close();
  });
});

describe('uploading a document', () => {
  it('tells an unknown document, a foreign person and an id that is none', async () => {
    const { id, type } = await fresh();
    expect((await person.upload(id, 'PASSPORT')).status).toBe(404);
    const stranger = new GtfPerson(gateway, 'nanovest', '6285610573999');
    expect((await stranger.upload(id, type)).status).toBe(404);
    const otherUnit = new GtfPerson(gateway, 'siminvest');
    expect((await otherUnit.upload(id, type)).status).toBe(404);
    expect((await person.upload('not-an-id', type)).status).toBe(404);
  });

  it.each([
    ['a wrong type', Buffer.from('x'), 'image/gif', 415, 'unsupported_media_type'],
    ['text', Buffer.from('hello'), 'image/png', 422, 'invalid_image'],
    ['nothing', Buffer.alloc(0), 'image/jpeg', 422, 'invalid_image'],
    ['a small image', sampleImage({}, 200, 200), 'image/png', 422, 'invalid_image'],
    ['half an image', sampleImage().subarray(0, 300), 'image/png', 422, 'invalid_image'],
    ['more than 8 MB', Buffer.alloc(9 * 1024 * 1024), 'image/png', 413, 'payload_too_large'],
  ] as const)('refuses %s and stores nothing', async (_what, image, type, status, code) => {
    const submission = await fresh();
    const before = gateway.lab.gtf.submissions().at(-1);
    const answer = await person.upload(submission.id, submission.type, Buffer.from(image), type);
    expect(answer.body).toMatchObject({ status, code });
    expect(Object.values(before?.documents ?? {}).map(({ bytes }) => bytes)).toEqual([0]);
    const confirmed = await person.confirm(submission.id);
    expect(confirmed.body).toMatchObject({ status: 422, code: 'partner_refused' });
    expect(confirmed.body.detail).toContain('INVALID_UPLOAD_ARTIFACT');
  });

  it('never sends our credentials to the storage', async () => {
    const { id, type } = await fresh();
    expect((await person.upload(id, type)).status).toBe(200);
    const request = gateway.lab.gtf.storageRequests().at(-1);
    const names = Object.keys(request?.headers ?? {});
    expect(names).not.toContain('authorization');
    expect(names.filter((name) => /token|key|client|cookie|onekyc|partner/.test(name))).toEqual([]);
    expect(request?.headers['content-type']).toBe('image/png');
    expect(request?.headers['content-length']).toBe(String(sampleImage().length));
  });

  it('does not follow a redirect of the storage', async () => {
    const { id, type } = await fresh();
    gateway.lab.gtf.storageFaults.next({
      status: 307,
      headers: { location: 'https://evil.example/' },
      body: '',
    });
    expect((await person.upload(id, type)).body).toMatchObject({ status: 502, code: 'partner_error' });
  });

  it.each([403, 200])(
    'does not take a page of something in between for the storage’s word, with %d',
    async (status) => {
      const { id, type } = await fresh();
      const page = '<html><h1>Your session has expired</h1></html>';
      gateway.lab.gtf.storageFaults.next({ status, body: page });
      expect((await person.upload(id, type)).body).toMatchObject({ status: 502, code: 'partner_error' });
    },
  );

  it('says that the time is over, by our clock or the storage’s', async () => {
    const { id, type } = await fresh();
    gateway.lab.gtf.storageFaults.next({
      status: 403,
      body: '<Error><Message>Request has expired</Message></Error>',
    });
    expect((await person.upload(id, type)).body).toMatchObject({ status: 409, code: 'upload_url_expired' });
    gateway.lab.gtf.behaviour.lifetimes.uploadUrl = 1;
    const short = await fresh();
    await eventually(
      async () => (await person.upload(short.id, short.type)).body as { code?: string },
      ({ code }) => code === 'upload_url_expired',
    );
    const urls = await eventually(
      () =>
        gateway.query<{ url_sealed: Buffer | null }>(
          'SELECT url_sealed FROM gtf_document WHERE submission_id = $1',
          [short.id],
        ),
      (documents) => documents.every(({ url_sealed }) => url_sealed === null),
    );
    expect(urls).toHaveLength(1);
  });

  it('forgets signed addresses when their time is over by PostgreSQL’s clock, whatever ours says', async () => {
    const { id } = await fresh();
    await dueNow(gateway.query, 'gtf-drop-urls', id);
    const kept = await eventually(
      () =>
        gateway.query('SELECT FROM gtf_document WHERE submission_id = $1 AND url_sealed IS NOT NULL', [id]),
      ({ length }) => length === 0,
    );
    expect(kept).toEqual([]);
  });

  it('refuses a type that cannot be stored', async () => {
    const { id } = await fresh();
    expect((await person.upload(id, '%00')).body).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('keeps signed addresses encrypted', async () => {
    const { id } = await fresh();
    const [row] = await gateway.query<{ url_sealed: Buffer }>(
      'SELECT url_sealed FROM gtf_document WHERE submission_id = $1',
      [id],
    );
    expect(row?.url_sealed.includes('X-Amz-Signature')).toBe(false);
  });

  it('is over once the submission was confirmed', async () => {
    const id = await person.submit();
    const answer = await person.upload(id, 'KTP');
    expect(answer.body).toMatchObject({ status: 409, code: 'invalid_state' });
  });

  it('leaves in the ledger a salted commitment to the pictures, and no digest that leads back to one', async () => {
    const [id, other] = [await person.submit(), await person.submit()];
    const digest = createHash('sha256').update(sampleImage()).digest('hex');
    const vaults = [id, other].map(async (submission) => {
      const [event] = await gateway.query<{
        data: { documents: object[] };
        vault: { name: string; commitment: string }[];
      }>(`SELECT data, vault FROM kyc_event WHERE submission_id = $1 AND type = 'kyc.processing'`, [
        submission,
      ]);
      expect(event?.data.documents).toEqual([{ type: 'KTP', bytes: sampleImage().length }]);
      expect(JSON.stringify(event)).not.toContain(digest);
      expect(event?.vault.map(({ name }) => name)).toEqual(['gtf.document-digests']);
      return event?.vault[0]?.commitment;
    });
    const [one, another] = await Promise.all(vaults);
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(one).not.toBe(another);
  });

  it('answers 504 when the storage hangs, and 502 when it fails', async () => {
    const { id, type } = await fresh();
    gateway.lab.gtf.storageFaults.next({ status: 500, body: 'no' });
    expect((await person.upload(id, type)).body).toMatchObject({ status: 502, code: 'partner_error' });
    gateway.lab.gtf.storageFaults.next({ hang: true });
    expect((await person.upload(id, type)).body).toMatchObject({ status: 504, code: 'partner_timeout' });
  });
});

describe('what is written down', () => {
  it('holds no personal data, token or signed address in the log', async () => {
    const card = { nik: '3175014107900003', name: 'SITI AMINAH', dateOfBirth: '01-07-1990' };
    const id = await person.submit(card);
    await person.becomes(id, 'verified');
    const log = (await gateway.log()).join('');
    for (const secret of [
      card.nik,
      card.name,
      person.token,
      'X-Amz-Signature',
      person.phoneNumber,
      'gtf-pass-key',
    ])
      expect(log).not.toContain(secret);
  });
});
