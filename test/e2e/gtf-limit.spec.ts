import { randomUUID } from 'node:crypto';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

const OPENINGS = [
  ['/v1/gtf/submissions', { submissionType: 'KTP_SCAN' }],
  ['/v1/gtf/flows', { flow: 'KTP_SCAN', source: 'SDK' }],
  ['/v1/gtf/identity-verifications', { source: 'SDK', verificationReferenceId: 'otp-1' }],
] as const;
const [[SUBMISSIONS, SUBMISSION]] = OPENINGS;

const LIMIT = 4;

let gateway: TestGateway;

/** On the same database, with the same people. */
function another(environment: Readonly<Record<string, string>>): Promise<TestGateway> {
  const { lab, database, environment: own } = gateway;
  return startTestGateway({ lab, database, environment: { ...own, ...environment } });
}

beforeAll(async () => {
  gateway = await startTestGateway({ environment: { GTF_LIMIT_PER_PERSON_PER_DAY: String(LIMIT) } });
});
afterAll(() => gateway?.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

class Person {
  readonly token: string;

  constructor(unit = 'nanovest', sub = randomUUID()) {
    this.token = gateway.lab.simasId.mintToken({ unit, phoneNumber: '6285610573956', sub });
  }

  async open(
    path: string = SUBMISSIONS,
    body: object = SUBMISSION,
    { at = gateway, key }: { at?: TestGateway; key?: string } = {},
  ): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${this.token}`,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    };
    return at.http.post(path).set(headers).send(body);
  }
}

describe('a person who opens journeys at GTF', () => {
  it('may do so as often as the day’s limit says, on all routes together and at every process', async () => {
    const twin = await another({});
    try {
      const person = new Person();
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, turn) => {
          const [path, body] = OPENINGS[turn % 3] ?? OPENINGS[0];
          return person.open(path, body, { at: turn % 2 === 0 ? gateway : twin });
        }),
      );
      const opened = answers.filter(({ status }) => status === 201);
      const refused = answers.filter(({ status }) => status === 429);
      expect([opened.length, refused.length]).toEqual([LIMIT, 12 - LIMIT]);
      expect(refused[0]?.body).toMatchObject({ code: 'rate_limited' });
      const wait = Number(refused[0]?.headers['retry-after']);
      expect(wait > 86_000 && wait <= 86_400).toBe(true);
      for (const [path, body] of OPENINGS) expect((await person.open(path, body)).status).toBe(429);
      expect((await new Person().open()).status).toBe(201);
    } finally {
      await twin.close();
    }
  });

  it('is not kept out for longer by a clock that was wrong, and may not do more by asking all at once', async () => {
    const person = new Person();
    await Promise.all(Array.from({ length: LIMIT }, () => person.open()));
    expect((await person.open()).status).toBe(429);
    await gateway.query(`UPDATE rate_limit SET expire = expire + 3 * 86400000 WHERE key LIKE 'gtf%'`);
    const answers = await Promise.all(Array.from({ length: 12 }, () => person.open()));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(LIMIT);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(12 - LIMIT);
  });

  it('uses nothing of it with what opens no journey: repeats, wrong input, an outage of GTF', async () => {
    const person = new Person();
    const key = randomUUID();
    const first = await person.open(SUBMISSIONS, SUBMISSION, { key });
    expect(first.status).toBe(201);
    for (let again = 0; again < 3; again += 1) {
      const repeat = await person.open(SUBMISSIONS, SUBMISSION, { key });
      expect([repeat.status, repeat.headers['idempotency-hit']]).toEqual([201, 'true']);
      expect(repeat.body).toEqual(first.body);
    }
    for (let again = 0; again < 3; again += 1) {
      expect((await person.open(SUBMISSIONS, { submissionType: 'NONE' })).status).toBe(400);
      const [, , [path]] = OPENINGS;
      const elsewhere = { source: 'SDK', verificationReferenceId: 'otp-1', phoneNumber: '6281234567890' };
      expect((await person.open(path, elsewhere)).status).toBe(422);
      gateway.lab.gtf.faults.next({ path: '/coe/v1/submissions/urls', status: 500, body: {} });
      expect((await person.open()).status).toBe(502);
    }
    for (let left = LIMIT - 1; left > 0; left -= 1) expect((await person.open()).status).toBe(201);
    expect((await person.open()).status).toBe(429);
    // The key of a refused try is free, as after any failure.
    const later = randomUUID();
    for (let again = 0; again < 2; again += 1)
      expect((await person.open(SUBMISSIONS, SUBMISSION, { key: later })).status).toBe(429);
  });

  it('is one person in each unit', async () => {
    const sub = randomUUID();
    for (const unit of ['nanovest', 'siminvest']) {
      const person = new Person(unit, sub);
      for (let turn = 0; turn < LIMIT; turn += 1) expect((await person.open()).status).toBe(201);
      expect((await person.open()).status).toBe(429);
    }
  });

  it.each([
    ['opens as many as they want where the operator sets no limit', '0', 24],
    ['has twenty a day unless the operator says otherwise', '', 20],
  ])('%s', async (_, limit, opened) => {
    const at = await another({ GTF_LIMIT_PER_PERSON_PER_DAY: limit });
    try {
      const person = new Person();
      const [, [path, body]] = OPENINGS;
      const answers = await Promise.all(Array.from({ length: 24 }, () => person.open(path, body, { at })));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(opened);
    } finally {
      await at.close();
    }
  });
});
