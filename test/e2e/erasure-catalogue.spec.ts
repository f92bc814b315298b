import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Response } from 'supertest';
import { columns } from '../support/catalogue';
import { dump } from '../support/database-dump';
import { kept, openable, unfilled } from '../support/erasure';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

/**
 * Every way in is used for one person, and for the patient they validate; then both are erased. The catalogue says which columns there
 * are: each must have been filled on the way, and what stays in it afterwards must be named here with the reason.
 */
const UNIT = 'nanovest';
const OFFICE = backOffice(UNIT);

const IDS = /^(session|GTF's id|sdkSessionId|verificationReferenceId|partnerSessionId)/;

let gateway: TestGateway;
let sql: Client;
let numbers = 0;
/** What was told about the two, by how it is called in a failure. */
const canaries: Record<string, string> = {};

/** A word that is found nowhere else. */
function canary(name: string): string {
  const word = `KNR${name.replaceAll(/\W/g, '').toUpperCase()}X${(numbers += 1)}Z`;
  canaries[name] = word;
  return word;
}

function told(name: string, value: string): string {
  canaries[name] = value;
  return value;
}

beforeAll(async () => {
  gateway = await startTestGateway({
    environment: { SATUSEHAT_CHALLENGE_MODE: 'sealed', OTP_LIMIT_PER_PREFIX_10_MINUTES: '100' },
  });
  sql = new Client(gateway.database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});

async function ok(asked: PromiseLike<Response>): Promise<Record<string, unknown>> {
  const answer = await asked;
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body as Record<string, unknown>;
}

function office(method: 'get' | 'post', path: string, body?: object): PromiseLike<Response> {
  const asked = gateway.http[method](path).set({ Authorization: OFFICE });
  if (method === 'post') void asked.set('Idempotency-Key', canary(`key ${path}`));
  return body === undefined ? asked : asked.send(body);
}

const PHONE = '6285733344455';
const PATIENT_PHONE = '6285744455566';
const EMAIL = 'knrmailbox1z@canary.example';

/** Everything a person can do and have done to them. */
async function everything(): Promise<void> {
  const person = new GtfPerson(gateway, UNIT, PHONE);
  const token = gateway.lab.simasId.mintToken({
    unit: UNIT,
    phoneNumber: told('phone', PHONE),
    sub: canary('subject'),
    name: canary('name'),
    email: told('email', EMAIL),
    officer: true,
  });
  Object.assign(person, { token });
  const user = (path: string, body: object): PromiseLike<Response> =>
    gateway.http
      .post(path)
      .set({ Authorization: `Bearer ${token}`, 'Idempotency-Key': canary(`key ${path}`) })
      .send(body);

  await journeys(person, user);
  await validation(user);
  await codes();
  await ok(office('get', `/v1/people/${PHONE}?purpose=${canary('purpose of the copy')}`));
}

type Ask = (path: string, body: object) => PromiseLike<Response>;

async function journeys(person: GtfPerson, user: Ask): Promise<void> {
  const sdkSessionId = canary('sdkSessionId').slice(0, 60);
  const begun = [
    await ok(user('/v1/gtf/submissions', { submissionType: 'KTP_SCAN', sdkSessionId })),
    await ok(
      user('/v1/gtf/flows', {
        flow: 'KTP_SCAN',
        source: 'WEB_SDK',
        successRedirectionUrl: `https://${UNIT}.example/done`,
        failureRedirectionUrl: `https://${UNIT}.example/failed`,
      }),
    ),
  ];
  const reference = canary('verificationReferenceId');
  await ok(
    user('/v1/gtf/identity-verifications', {
      source: 'SDK',
      verificationReferenceId: reference,
      email: EMAIL,
    }),
  );
  for (const { partnerSessionId } of begun)
    told(`session ${String(partnerSessionId)}`, String(partnerSessionId));
  await person.submit({ scenario: 'NEVER_FINISHES' });
  await person.becomes(await person.submit({ scenario: 'FRAUD_REJECT' }), 'declined');
  const [approved, rejected] = [await person.submit(), await person.submit()];
  for (const id of [approved, rejected]) await person.becomes(id, 'verified');
  for (const id of [approved, rejected]) {
    const { partnerSubmissionId } = await ok(office('get', `/v1/submissions/${id}`));
    const callback = {
      submissionId: told(`GTF's id of ${id}`, String(partnerSubmissionId)),
      partnerSessionId: canary('partnerSessionId'),
      status: 'COMPLETED',
      note: canary('callback'),
    };
    const secret = gateway.environment[`BU_${UNIT.toUpperCase()}_GTF_CALLBACK_SECRET`] ?? '';
    await ok(gateway.http.post('/coe/submissions-callback').set('Authorization', secret).send(callback));
  }
  const read = await ok(
    office('get', `/v1/submissions/${approved}/identity?purpose=${canary('purpose of the reading')}`),
  );
  told('NIK', String(read['nik']));
  told('full name', String(read['fullName']));
  await ok(
    office('post', `/v1/submissions/${approved}/approve`, {
      fullName: canary('corrected name'),
      email: `${canary('corrected address')}@canary.example`,
      officer: canary('officer'),
      reason: canary('reason'),
    }),
  );
  await ok(
    office('post', `/v1/submissions/${rejected}/reject`, {
      officer: canary('rejecting officer'),
      reason: canary('reason of the rejection'),
    }),
  );
  await person.becomes(approved, 'shared');
  const kyc = {
    phoneNumber: PHONE,
    fullName: canary('name handed in'),
    nik: told('NIK handed in', '3174095203880123'),
    dateOfBirth: '1988-03-12',
    email: `${canary('address handed in')}@canary.example`,
  };
  const { submissionId } = await ok(office('post', '/v1/common-kyc', kyc));
  await person.becomes(String(submissionId), 'shared');
  await ok(office('get', `/v1/common-kyc?phoneNumber=${PHONE}&purpose=${canary('purpose of the lookup')}`));
}

/** As the officer of a health facility: the page in their name, a code for a patient, whose data comes with the approval. */
async function validation(user: Ask): Promise<void> {
  const page = await ok(
    user('/v1/satusehat/validation-urls', {
      agentName: canary('officer at SATUSEHAT'),
      agentNik: told('NIK of the officer', '3313096403900123'),
    }),
  );
  const submissionId = String(page['submissionId']);
  told('token of the page', String(page['token']));
  const nik = told('NIK of the patient', '9271060312000777');
  const name = canary('patient');
  const code = await ok(user('/v1/satusehat/challenge-codes', { nik, name, submissionId }));
  told('IHS number', String(code['ihsNumber']));
  await ok(
    office('post', `/v1/submissions/${submissionId}/approve`, {
      ...{
        nik,
        fullName: name,
        dateOfBirth: '2000-12-03',
        phoneNumber: told('phone of the patient', PATIENT_PHONE),
      },
      email: `${canary('address of the patient')}@canary.example`,
    }),
  );
  await eventually(
    () => ok(office('get', `/v1/submissions/${submissionId}`)),
    ({ status }) => status === 'shared',
  );
  await ok(
    office('get', `/v1/submissions/${submissionId}/identity?purpose=${canary('purpose at the patient')}`),
  );
}

async function codes(): Promise<void> {
  const deliveries: string[] = [];
  for (const [channel, identifier] of [
    ['sms', PHONE],
    ['whatsapp', PHONE],
    ['email', EMAIL],
    ['sms', PATIENT_PHONE],
  ] as const) {
    const sent = gateway.http
      .post('/v1/webhooks/otp')
      .set({ Authorization: otpSender(UNIT), 'Idempotency-Key': canary(`key ${channel} ${identifier}`) })
      .send({ identifier, otp: told(`code ${deliveries.length}`, `Zq7Xk2Wv${deliveries.length}`), channel });
    const { id } = await ok(sent);
    deliveries.push(String(id));
    // The next code to the same person takes its place for as long as it waits.
    const accepted = 'SELECT FROM otp_attempt WHERE delivery_id = $1 AND provider_message_id IS NOT NULL';
    const { rowCount } = await eventually(
      () => sql.query(accepted, [id]),
      (found) => found.rowCount === 1,
    );
    expect(rowCount).toBe(1);
  }
  const { faults } = gateway.lab.twilio;
  // One that is refused for good, and one that waits for its next try.
  for (const [otp, fault] of [
    ['fail98', { status: 400, body: { code: 21211, message: 'Invalid To number' } }],
    ['wait99', { status: 503, times: 20 }],
  ] as const) {
    faults.next(fault);
    const sent = gateway.http.post('/v1/webhooks/otp').set('Authorization', otpSender(UNIT));
    await ok(sent.send({ identifier: PHONE, otp, channel: 'sms' }));
    await eventually(
      () => Promise.resolve(faults.pending),
      (pending) => pending === 0 || pending === 19,
    );
  }
  for (const identifier of [PHONE, EMAIL]) await ok(office('post', '/v1/otp-limits/reset', { identifier }));
  await eventually(
    () => sql.query('SELECT FROM otp_attempt WHERE error_code IS NOT NULL'),
    ({ rowCount }) => (rowCount ?? 0) > 0,
  );
}

it('of a person and a patient who are erased nothing stays that leads to them, in any column there is', async () => {
  await everything();
  // Receipts, shares and polls arrive by themselves.
  const before = await eventually(
    () => columns(sql),
    (all) => unfilled(all).length === 0,
    20_000,
  );
  expect(unfilled(before)).toEqual([]);
  expect(openable(before).length).toBeGreaterThan(2);

  const shown = [...(await gateway.log()), (await gateway.http.get('/metrics')).text]
    .join('\n')
    .toUpperCase();
  expect(shown).toContain('SUBMISSIONID');
  const stored = (await dump(gateway.database.url)).toUpperCase();
  const places = Object.entries(canaries).map(([name, value]): [string, string] => [
    name,
    // Ids are no place for personal data (docs/contract.md §7.4): they are stored as they are.
    [shown, IDS.test(name) ? '' : stored].join('\n').includes(value.toUpperCase()) ? value : '',
  ]);
  expect(places.filter(([, found]) => found !== '')).toEqual([]);

  await sql.query('UPDATE person SET retained_from = NULL'); // as if the retention period were over
  for (const phone of [PHONE, PATIENT_PHONE]) {
    const { body } = await gateway.http.delete(`/v1/people/${phone}`).set('Authorization', OFFICE);
    expect(body).toEqual({ status: 'erased', until: null });
  }

  const after = await columns(sql);
  expect(openable(after)).toEqual([]);
  expect(kept(before, after)).toEqual([]);
  const keys = await sql.query('SELECT FROM person WHERE wrapped_key IS NOT NULL OR erased_at IS NULL');
  const leads = await sql.query('SELECT FROM person_index');
  const answers = await sql.query('SELECT FROM idempotency_key WHERE answer IS NOT NULL');
  expect([keys.rowCount, leads.rowCount, answers.rowCount]).toEqual([0, 0, 0]);

  // In clear, in every schema: the jobs' too.
  const text = (await dump(gateway.database.url)).toUpperCase();
  const found = Object.entries(canaries).filter(
    ([, value]) => value !== '' && text.includes(value.toUpperCase()),
  );
  expect(found).toEqual([]);
  expect(Object.keys(canaries).length).toBeGreaterThan(30);
}, 120_000);

it('a callback of GTF that comes after that is dropped', async () => {
  const person = new GtfPerson(gateway, UNIT, '6285755566677');
  const id = await person.submit({ scenario: 'NEVER_FINISHES' });
  const { partnerSubmissionId } = await ok(
    gateway.http.get(`/v1/submissions/${id}`).set('Authorization', OFFICE),
  );
  await gateway.http.delete(`/v1/people/${person.phoneNumber}`).set('Authorization', OFFICE).expect(200);
  const secret = gateway.environment[`BU_${UNIT.toUpperCase()}_GTF_CALLBACK_SECRET`] ?? '';
  const callback = { submissionId: partnerSubmissionId, status: 'COMPLETED', nonce: randomUUID() };
  await ok(gateway.http.post('/coe/submissions-callback').set('Authorization', secret).send(callback));
  const left = await eventually(
    () => sql.query('SELECT FROM gtf_callback WHERE partner_submission_id = $1', [partnerSubmissionId]),
    ({ rowCount }) => rowCount === 0,
  );
  expect(left.rowCount).toBe(0);
});
