import { randomInt, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Response } from 'supertest';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { customer, officerTokenOf, verified } from '../support/submission-story';
import { backOffice, basic, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let replica: TestGateway;
let sql: Client;

beforeAll(async () => {
  const environment = {
    BU_NANOVEST_API_CREDENTIALS: 'nanovest-office:office-password-of-nanovest,second:another-password',
  };
  gateway = await startTestGateway({ environment });
  replica = await startTestGateway({
    lab: gateway.lab,
    database: gateway.database,
    environment: { ...gateway.environment, ...environment },
  });
  sql = new Client(gateway.database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await replica?.close();
  await gateway?.close();
});

function somebody(): Record<string, string> {
  return {
    phoneNumber: `62856${randomInt(10_000_000, 99_999_999)}`,
    fullName: 'BUDI SANTOSO',
    nik: '3171010101900001',
    dateOfBirth: '1990-01-01',
    email: '',
  };
}

function store(
  body: object,
  key: string,
  { at = gateway, authorization = backOffice('nanovest') } = {},
): Promise<Response> {
  return at.http
    .post('/v1/common-kyc')
    .set('Authorization', authorization)
    .set('Idempotency-Key', key)
    .send(body)
    .then();
}

async function submissionsOf(phoneNumber: string): Promise<number> {
  const { body } = await gateway.http
    .get(`/v1/submissions?phoneNumber=${phoneNumber}`)
    .set('Authorization', backOffice('nanovest'));
  return (body as { data: object[] }).data.length;
}

describe('a creating request that is repeated with its Idempotency-Key', () => {
  it('gets the first answer again, and happens once', async () => {
    const kyc = somebody();
    const key = randomUUID();
    const first = await store(kyc, key);
    expect(first.headers['idempotency-hit']).toBeUndefined();
    const again = await store(kyc, key);
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect(again.headers['location']).toBe(first.headers['location']);
    expect(again.headers['idempotency-hit']).toBe('true');
    expect(await submissionsOf(String(kyc['phoneNumber']))).toBe(1);
  });

  it('gets it from another replica too', async () => {
    const kyc = somebody();
    const key = randomUUID();
    const first = await store(kyc, key);
    const again = await store(kyc, key, { at: replica });
    expect([again.body, again.headers['idempotency-hit']]).toEqual([first.body, 'true']);
  });

  it('gets it in whatever spelling the same data comes', async () => {
    const kyc = somebody();
    const key = randomUUID();
    const first = await store(kyc, key);
    const { phoneNumber, ...rest } = kyc;
    const spelled = { ...rest, phoneNumber: `+62 ${String(phoneNumber).slice(2)}` };
    expect((await store(spelled, key)).body).toEqual(first.body);
  });

  it('gets it also after a credential of the back office was rotated', async () => {
    const kyc = somebody();
    const key = randomUUID();
    const first = await store(kyc, key);
    const again = await store(kyc, key, { authorization: basic('second', 'another-password') });
    expect(again.body).toEqual(first.body);
  });

  it('a hundred times at once, over two replicas, happens once', async () => {
    const kyc = somebody();
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => store(kyc, key, { at: index % 2 === 0 ? gateway : replica })),
    );
    for (const answer of answers) {
      expect([202, 409]).toContain(answer.status);
      if (answer.status === 409) {
        expect(answer.body.code).toBe('idempotency_in_progress');
        expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      }
    }
    expect(await submissionsOf(String(kyc['phoneNumber']))).toBe(1);
  });

  it('with other data is refused', async () => {
    const kyc = somebody();
    const key = randomUUID();
    await store(kyc, key);
    const other = await store({ ...kyc, fullName: 'SOMEBODY ELSE' }, key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('is another request in another business unit', async () => {
    const kyc = somebody();
    const key = randomUUID();
    const first = await store(kyc, key);
    const theirs = await store(kyc, key, { authorization: backOffice('siminvest') });
    expect(theirs.status).toBe(202);
    expect(theirs.body.submissionId).not.toBe(first.body.submissionId);
  });

  it('is another request on another route, or for another submission', async () => {
    const key = randomUUID();
    for (let round = 0; round < 2; round += 1) {
      const { id } = await verified(gateway, customer());
      const approve = (): Promise<Response> =>
        gateway.http
          .post(`/v1/submissions/${id}/approve`)
          .set('Authorization', backOffice('nanovest'))
          .set('Idempotency-Key', key);
      const first = await approve();
      expect([first.status, first.body.id, first.body.status]).toEqual([200, id, 'approved']);
      const again = await approve();
      expect([again.body, again.headers['idempotency-hit']]).toEqual([first.body, 'true']);
      expect(again.headers['etag']).toBe(first.headers['etag']);
    }
  });

  it('may be put right after a refusal', async () => {
    const kyc = somebody();
    const key = randomUUID();
    expect((await store({ ...kyc, nik: '1' }, key)).status).toBe(400);
    const person = new GtfPerson(gateway);
    const id = await person.submit({}, 'STANDALONE_LIVENESS'); // no card is read
    await person.becomes(id, 'verified');
    const approve = (body: object): Promise<Response> =>
      gateway.http
        .post(`/v1/submissions/${id}/approve`)
        .set('Authorization', backOffice('nanovest'))
        .set('Idempotency-Key', key)
        .send(body);
    expect((await approve({})).body.code).toBe('incomplete_data');
    const { nik, dateOfBirth } = kyc;
    const complete = { fullName: 'BUDI', nik, dateOfBirth, reason: 'the card could not be read' };
    expect((await approve(complete)).status).toBe(200);
    expect((await store(kyc, key)).status).toBe(202);
  });

  it('is possible again after a minute when the first try died, and not before', async () => {
    const kyc = somebody();
    const key = randomUUID();
    await store(kyc, key);
    const died = (secondsAgo: number): Promise<unknown> =>
      sql.query(
        `UPDATE idempotency_key SET answer = NULL, claimed_at = now() - make_interval(secs => $1)
          WHERE expires_at = (SELECT max(expires_at) FROM idempotency_key)`,
        [secondsAgo],
      );
    await died(55);
    expect((await store(kyc, key)).body.code).toBe('idempotency_in_progress');
    await died(61);
    expect((await store(kyc, key)).status).toBe(202);
  });

  it('happens once also when the first try was only slow, and its key went to a second one', async () => {
    const kyc = somebody();
    const key = randomUUID();
    const lock = new Client(gateway.database.url);
    await lock.connect();
    const unanswered = async (condition = 'true'): Promise<boolean> =>
      (await sql.query(`SELECT 1 FROM idempotency_key WHERE answer IS NULL AND ${condition}`)).rows.length ===
      1;
    const tries: Promise<Response>[] = [];
    try {
      await lock.query('BEGIN');
      await lock.query('LOCK TABLE person IN ACCESS EXCLUSIVE MODE');
      tries.push(store(kyc, key));
      expect(await eventually(unanswered, Boolean)).toBe(true);
      await sql.query(
        `UPDATE idempotency_key SET claimed_at = claimed_at - interval '61 s' WHERE answer IS NULL`,
      );
      tries.push(store(kyc, key, { at: replica }));
      const takenOver = (): Promise<boolean> => unanswered(`claimed_at > now() - interval '50 s'`);
      expect(await eventually(takenOver, Boolean)).toBe(true);
    } finally {
      await lock.end();
    }
    const [slow, second] = await Promise.all(tries);
    expect([slow?.status, slow?.body.code]).toEqual([409, 'idempotency_in_progress']);
    expect(second?.status).toBe(202);
    expect(await submissionsOf(String(kyc['phoneNumber']))).toBe(1);
    expect((await store(kyc, key)).body).toEqual(second?.body);
  });

  it('is a new request after 24 hours, not a second earlier', async () => {
    const kyc = somebody();
    const key = randomUUID();
    const first = await store(kyc, key);
    const ageAll = (by: string): Promise<unknown> =>
      sql.query(
        `UPDATE idempotency_key SET claimed_at = claimed_at - interval '${by}', expires_at = expires_at - interval '${by}'`,
      );
    await ageAll('23 hours 59 minutes 50 seconds');
    expect((await store(kyc, key)).body).toEqual(first.body);
    await ageAll('10 seconds');
    const later = await store(kyc, key);
    expect(later.status).toBe(202);
    expect(later.body.submissionId).not.toBe(first.body.submissionId);
  });

  it('gets the first answer also from a process that was started later', async () => {
    const kyc = somebody();
    const key = randomUUID();
    const first = await store(kyc, key);
    const { lab, database, environment } = gateway;
    const restarted = await startTestGateway({ lab, database, environment });
    try {
      const again = await store(kyc, key, { at: restarted });
      expect([again.body, again.headers['idempotency-hit']]).toEqual([first.body, 'true']);
    } finally {
      await restarted.close();
    }
  });

  it.each([0, 256])('has a key of 1 to 255 characters, not %i', async (length) => {
    const key = 'x'.repeat(length);
    const answer = await store(somebody(), key);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  });
});

/** Every route that creates something for a person, with a body the lab takes. */
const CREATING: readonly (readonly [path: string, body: object])[] = [
  ['/v1/gtf/identity-verifications', { source: 'SDK', verificationReferenceId: 'otp-1' }],
  ['/v1/gtf/submissions', { submissionType: 'KTP_SCAN' }],
  ['/v1/satusehat/validation-urls', { agentName: 'Siti Aminah', agentNik: '3171014101900002' }],
  ['/v1/satusehat/challenge-codes', { nik: '9271060312000002', name: 'Budi Santoso' }],
];

describe.each(CREATING)('%s, where a partner is asked', (path, body) => {
  const ask = (token: string, key: string, sent: object = body, at = gateway): Promise<Response> =>
    Promise.resolve(
      at.http.post(path).set('Authorization', `Bearer ${token}`).set('Idempotency-Key', key).send(sent),
    );
  const listed = async (token: string): Promise<number> => {
    const { body: page } = await gateway.http
      .get('/v1/submissions?limit=100')
      .set('Authorization', `Bearer ${token}`);
    return (page as { data: object[] }).data.length;
  };

  it('fifty times at once with one key, over two replicas, makes one submission', async () => {
    const token = officerTokenOf(gateway, customer());
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(token, key, body, index % 2 === 0 ? gateway : replica)),
    );
    const done = answers.filter(({ status }) => status === 201);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect([answer.status, answer.body.code]).toEqual([409, 'idempotency_in_progress']);
    expect(done.filter(({ headers }) => headers['idempotency-hit'] === undefined)).toHaveLength(1);
    const again = await ask(token, key, body, replica);
    for (const answer of [...done, again]) {
      expect(answer.body).toEqual(again.body);
      expect(answer.headers['location']).toBe(`/v1/submissions/${again.body.submissionId}`);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    expect(again.headers['idempotency-hit']).toBe('true');
    expect(await listed(token)).toBe(1);
  });

  it('is another request for another person', async () => {
    const key = randomUUID();
    const [one, other] = [officerTokenOf(gateway, customer()), officerTokenOf(gateway, customer())];
    const first = await ask(one, key);
    const theirs = await ask(other, key);
    expect([theirs.status, theirs.headers['idempotency-hit']]).toEqual([201, undefined]);
    expect(theirs.body.submissionId).not.toBe(first.body.submissionId);
  });

  it('is the same request with the same person’s next token', async () => {
    const key = randomUUID();
    const person = customer();
    const first = await ask(officerTokenOf(gateway, person), key);
    expect((await ask(officerTokenOf(gateway, person), key)).body).toEqual(first.body);
  });

  it('may be repeated after the partner failed', async () => {
    const token = officerTokenOf(gateway, customer());
    const key = randomUUID();
    const partner = path.includes('gtf') ? gateway.lab.gtf : gateway.lab.satusehat;
    partner.faults.next({ status: 503, times: 20 });
    const failed = await ask(token, key);
    partner.faults.clear();
    expect(failed.status).toBeGreaterThanOrEqual(502);
    const again = await eventually(
      () => ask(token, key),
      ({ status }) => status === 201,
      20_000,
    );
    expect([again.status, again.headers['idempotency-hit']]).toEqual([201, undefined]);
  }, 40_000);

  it('leaves nothing behind that opens without the caller’s key', async () => {
    const key = randomUUID();
    const { body: answer } = await ask(officerTokenOf(gateway, customer()), key);
    const { rows } = await sql.query<{ row: Record<string, Buffer | string | null> }>(
      `SELECT row_to_json(k) AS row FROM (SELECT encode(digest, 'escape') AS digest, encode(request_digest, 'escape') AS request,
         encode(answer, 'escape') AS answer FROM idempotency_key) AS k`,
    );
    expect(rows.length).toBeGreaterThan(0);
    const dump = JSON.stringify(rows);
    for (const value of [key, ...Object.values(answer as object)].filter((it) => typeof it === 'string'))
      expect(dump).not.toContain(value);
  });

  it('tells nobody anything once the person was erased, and does not bring them back', async () => {
    const person = customer();
    const [token, key] = [officerTokenOf(gateway, person), randomUUID()];
    expect((await ask(token, key)).status).toBe(201);
    const erased = await gateway.http
      .delete(`/v1/people/${person.phoneNumber}`)
      .set('Authorization', backOffice('nanovest'));
    expect(erased.body.status).toBe('erased');
    const again = await ask(token, key);
    expect([again.status, again.body.code]).toEqual([410, 'answer_erased']);
    expect(await listed(token)).toBe(0);
  });
});
