import { dump } from '../support/database-dump';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';
import { Officer } from './satusehat-officer';

const UNIT = 'nanovest';
const PHONE = '6285711223344';
const HANDED_IN = {
  phoneNumber: '6285722334455',
  fullName: 'RATNA KUSUMAWARDHANI',
  nik: '3174095203880007',
  dateOfBirth: '1988-03-12',
  email: 'ratna.kusuma@secret-mailbox.example',
};
const OFFICER = { agentName: 'Wiryawan Tanpanama', agentNik: '3313096403900123' };
const PATIENT = { nik: '9271060312000777', name: 'Sulastri Rahasia' };
const CORRECTIONS = {
  fullName: 'BUDI TERKOREKSI',
  nik: '3171010101907788',
  email: 'budi.terkoreksi@secret-mailbox.example',
  officer: 'Petugas Tersembunyi',
  reason: 'Kartu lama atas nama Budi Lamaku',
};

let gateway: TestGateway;
let office: string;
let submissionId: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  office = backOffice(UNIT);
  submissionId = await everyFlow();
}, 90_000);
afterAll(() => gateway?.close());

/** A person's whole way through every partner; the id of their e-KYC. */
async function everyFlow(): Promise<string> {
  const person = new GtfPerson(gateway, UNIT, PHONE);
  const id = await person.submit();
  await person.becomes(id, 'verified');
  await person.post('/v1/gtf/identity-verifications', { source: 'SDK', verificationReferenceId: 'dump-1' });
  await gateway.http.get(`/v1/submissions/${id}/identity?purpose=manual-review`).set('Authorization', office);
  for (const [path, body] of [
    [`/v1/submissions/${id}/approve`, { ...CORRECTIONS, reason: 'Read off the card' }],
    ['/v1/common-kyc', HANDED_IN],
  ] as const)
    await gateway.http.post(path).set('Authorization', office).set('Idempotency-Key', path).send(body);
  await gateway.http
    .get(`/v1/common-kyc?phoneNumber=${HANDED_IN.phoneNumber}&purpose=manual-review`)
    .set('Authorization', office);
  expect((await person.get('/v1/me/common-kyc')).status).toBe(200);
  const officer = new Officer(gateway);
  const [page, code] = [await officer.openPage(OFFICER), await officer.issueCode(PATIENT)];
  expect([page.status, code.status]).toEqual([201, 201]);
  for (const [channel, identifier] of [
    ['sms', PHONE],
    ['whatsapp', PHONE],
    ['email', HANDED_IN.email],
  ])
    await gateway.http
      .post('/v1/webhooks/otp')
      .set('Authorization', otpSender(UNIT))
      .send({ identifier, otp: `${String(channel).slice(0, 2)}8841`, channel })
      .expect(200);
  await person.becomes(id, 'shared');
  await eventually(
    () => gateway.query(`SELECT FROM kyc_submission WHERE status = 'approved'`),
    (waiting) => waiting.length === 0,
  );
  return id;
}

describe('a dump of the database after a run of every flow', () => {
  it('holds nobody’s NIK, name, phone number or mail address in clear', async () => {
    const text = (await dump(gateway.database.url)).toUpperCase();
    expect(text).toContain(submissionId.toUpperCase());
    const { fullName, nik, email, phoneNumber } = HANDED_IN;
    const secrets = [
      PHONE.slice(2),
      fullName,
      nik,
      email,
      phoneNumber.slice(2),
      ...Object.values(CORRECTIONS),
    ];
    secrets.push(
      ...Object.values(OFFICER),
      ...Object.values(PATIENT),
      'KUSUMA',
      'TERKOREKSI',
      'SECRET-MAILBOX',
    );
    for (const secret of secrets) expect(text).not.toContain(secret.toUpperCase());
  });

  it('holds nothing of an erased person, not even for somebody with the keys', async () => {
    const phones = `SELECT person_id AS id, digest FROM person_index WHERE kind = 'phone' AND person_id =
      (SELECT person_id FROM kyc_submission WHERE id = $1)`;
    const [person] = await gateway.query<{ id: string; digest: Buffer }>(phones, [submissionId]);
    const id = person?.id;
    const known = person?.digest.toString('hex') ?? '';
    const identity = (): Promise<number> =>
      gateway.http
        .get(`/v1/submissions/${submissionId}/identity?purpose=legal-obligation`)
        .set('Authorization', office)
        .then(({ status }) => status);
    const entries = await gateway.query('SELECT FROM vault_entry WHERE person_id = $1', [id]);
    expect(entries.length).toBeGreaterThan(1);
    expect(await identity()).toBe(200);
    expect(await dump(gateway.database.url)).toContain(known);
    await gateway.query('UPDATE person SET retained_from = NULL'); // as if the retention period were over
    const erased = await gateway.http.delete(`/v1/people/${PHONE}`).set('Authorization', office);
    expect(erased.body).toEqual({ status: 'erased', until: null });

    expect(await identity()).toBe(404);
    expect(await dump(gateway.database.url)).not.toContain(known);
    // Without it no entry opens, not even with the keys that wrap such keys.
    const keys = await gateway.query('SELECT FROM person WHERE id = $1 AND wrapped_key IS NOT NULL', [id]);
    const shares = await gateway.query('SELECT FROM common_kyc_share WHERE person_id = $1', [id]);
    const leads = await gateway.query('SELECT FROM person_index WHERE person_id = $1', [id]);
    expect([keys.length, shares.length, leads.length]).toEqual([0, 0, 0]);
  });
});
