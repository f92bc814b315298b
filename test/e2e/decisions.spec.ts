import { randomInt } from 'node:crypto';
import type { Response } from 'supertest';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ environment: { GTF_POLL_SCHEDULE: '1,2' } });
});
afterAll(async () => {
  await gateway?.close();
});

const OFFICE = backOffice('nanovest');
const SITI = { officer: 'Siti Rahayu', reason: 'The card is worn: +62 812 3456 7890 was called' };

function newPhone(): string {
  return `62856${randomInt(10_000_000, 99_999_999)}`;
}

/** A person's journey at GTF and the back office that decides about it. */
class Case {
  private constructor(
    readonly person: GtfPerson,
    readonly id: string,
  ) {}

  static that(becomes: string, marks: Readonly<Record<string, string>> = {}): Promise<Case> {
    return Case.of(new GtfPerson(gateway, 'nanovest', newPhone()), becomes, marks);
  }

  static async of(
    person: GtfPerson,
    becomes: string,
    marks: Readonly<Record<string, string>> = {},
  ): Promise<Case> {
    const id = await person.submit(marks);
    await person.becomes(id, becomes);
    return new Case(person, id);
  }

  decide(decision: 'approve' | 'reject', body?: object): Promise<Response> {
    return Promise.resolve(
      gateway.http.post(`/v1/submissions/${this.id}/${decision}`).set('Authorization', OFFICE).send(body),
    );
  }

  async seenByOffice(): Promise<Response['body']> {
    return (await office(`/v1/submissions/${this.id}`)).body;
  }

  async identity(): Promise<Record<string, unknown>> {
    return (await office(`/v1/submissions/${this.id}/identity?purpose=review`)).body as Record<
      string,
      unknown
    >;
  }

  /** The whole answer to a question about what happened. */
  async history(): Promise<{ types: string[]; text: string }> {
    const { body, text } = await office(`/v1/submissions/${this.id}/events?limit=100`);
    return { types: (body as { data: { type: string }[] }).data.map(({ type }) => type), text };
  }

  /** What Common KYC was given about the person's number. */
  shared(): { full_name: string; nik: string; date_of_birth: string }[] {
    return gateway.lab.commonKyc
      .accepted()
      .filter(({ phone_number }) => phone_number === this.person.phoneNumber);
  }
}

function office(path: string): Promise<Response> {
  return Promise.resolve(gateway.http.get(path).set('Authorization', OFFICE));
}

function forget(phone: string): Promise<Response> {
  return Promise.resolve(gateway.http.delete(`/v1/people/${phone}`).set('Authorization', OFFICE));
}

function outcome({ status, body }: Response): unknown[] {
  const { code, status: state } = body as { code?: string; status?: unknown };
  return [status, code ?? state];
}

function fields({ body }: Response): string[] {
  return (body as { errors: { field: string }[] }).errors.map(({ field }) => field);
}

describe('an approval at GTF', () => {
  it('says nothing by default, and then approves what GTF verified', async () => {
    const { body: document } = await gateway.http.get('/openapi.json');
    const { examples } =
      document.paths['/v1/submissions/{id}/approve'].post.requestBody.content['application/json'];
    expect(Object.values(examples as Record<string, { value: object }>).map(({ value }) => value)).toEqual([
      {},
    ]);
    const one = await Case.that('verified');
    const before = await one.identity();
    expect(outcome(await one.decide('approve', {}))).toEqual([200, 'approved']);
    expect(await one.identity()).toEqual({ ...before, email: '', phoneNumber: one.person.phoneNumber });
    expect((await one.seenByOffice()).decision).toEqual({
      outcome: 'approved',
      by: 'nanovest-office',
      officer: null,
      at: expect.any(String),
      reason: null,
      overridden: false,
      corrected: [],
    });
  });

  it('cannot put another number under the person’s verdict, so that another’s wish to be forgotten never reaches them', async () => {
    const one = await Case.that('verified');
    const strangersPhone = newPhone();
    for (const phoneNumber of [strangersPhone, one.person.phoneNumber]) {
      const refused = await one.decide('approve', { phoneNumber, ...SITI });
      expect([...outcome(refused), ...fields(refused)]).toEqual([422, 'not_correctable', 'phoneNumber']);
    }
    expect(await one.person.status(one.id)).toBe('verified');
    expect(outcome(await one.decide('approve', {}))).toEqual([200, 'approved']);
    expect((await forget(strangersPhone)).status).toBe(404);
    expect((await forget(one.person.phoneNumber)).body).toMatchObject({ status: 'restricted' });
  });

  it.each([
    ['fullName', { fullName: 'SITI RAHAYU' }, 'name'],
    ['nik', { nik: '3273014505920002' }, 'nik'],
    ['dateOfBirth', { dateOfBirth: '1992-05-05' }, 'dateOfBirth'],
  ])(
    'that changes %s needs a reason, and says that the verdict was overridden',
    async (field, changed, word) => {
      const one = await Case.that('verified');
      const silent = await one.decide('approve', changed);
      expect([...outcome(silent), ...fields(silent)]).toEqual([422, 'reason_required', 'reason']);
      const before = await one.seenByOffice();
      const approved = await one.decide('approve', { ...changed, ...SITI });
      expect(approved.body).toMatchObject({
        verification: { ...before.verification, [word]: 'overridden' },
        decision: { outcome: 'approved', ...SITI, overridden: false, corrected: [field] },
      });
      expect(await one.identity()).toMatchObject(changed);
      await eventually(
        () => Promise.resolve(one.shared().length),
        (shares) => shares === 1,
      );
      const { fullName, nik, dateOfBirth } = await one.identity();
      expect(one.shared()[0]).toMatchObject({ full_name: fullName, nik, date_of_birth: dateOfBirth });
    },
  );

  it('that repeats what is known changes nothing, and needs no reason', async () => {
    const one = await Case.that('verified');
    const { fullName, nik, dateOfBirth } = await one.identity();
    const approved = await one.decide('approve', { fullName, nik, dateOfBirth, email: '' });
    expect(approved.body.decision).toMatchObject({ corrected: [], overridden: false });
  });

  it('may be made again, but not with other corrections or another override', async () => {
    const one = await Case.that('verified');
    const made = { email: 'budi@example.com', fullName: 'BUDI', ...SITI };
    const first = await one.decide('approve', made);
    expect(first.status).toBe(200);
    await one.person.becomes(one.id, 'shared');
    const now = await one.seenByOffice();
    expect((await one.decide('approve', made)).body).toEqual(now);
    expect((await one.decide('approve', { ...made, reason: 'The same, in other words' })).body).toEqual(now);
    for (const other of [
      {},
      { ...made, email: 'ani@example.com' },
      { ...made, fullName: undefined },
      { ...made, nik: '3273014505920002' },
      { ...made, override: true },
    ])
      expect(outcome(await one.decide('approve', other))).toEqual([409, 'conflict']);
    expect((await one.history()).types.filter((type) => type === 'kyc.approved')).toHaveLength(1);
    expect(await one.identity()).toMatchObject({ email: 'budi@example.com', fullName: 'BUDI' });
  });

  it.each([
    ['declined', 'DUKCAPIL_REJECTED'],
    ['error', 'SYSTEM_ERROR'],
    ['unrecognised', 'UNKNOWN_STATUS'],
  ])('of what GTF calls %s is an override with a reason, or none', async (status, scenario) => {
    const one = await Case.that(status, { scenario });
    const whole = { fullName: 'BUDI', nik: '3273014505920002', dateOfBirth: '1992-05-05' };
    expect(outcome(await one.decide('approve', { ...whole, ...SITI }))).toEqual([409, 'invalid_state']);
    const silent = await one.decide('approve', { ...whole, override: true });
    expect([...outcome(silent), ...fields(silent)]).toEqual([422, 'reason_required', 'reason']);
    const approved = await one.decide('approve', { ...whole, ...SITI, override: true });
    expect(approved.body).toMatchObject({
      status: 'approved',
      verification: { name: 'overridden', nik: 'overridden', dateOfBirth: 'overridden' },
      decision: { ...SITI, overridden: true },
    });
    const again = await one.decide('approve', { ...whole, ...SITI, override: true });
    expect(again.status).toBe(200);
    expect(outcome(await one.decide('approve', { ...whole, ...SITI }))).toEqual([409, 'conflict']);
    // GTF saying once more what was decided on contradicts nobody.
    await one.person.refresh(one.id);
    expect((await one.history()).types).not.toContain('partner.contradicted');
  });

  it.each([
    ['fullName', { fullName: '' }],
    ['nik', { nik: '0000000000000000' }],
    ['dateOfBirth', { dateOfBirth: '2999-01-01' }],
    ['officer', { officer: '' }],
    ['officer', { officer: 'x'.repeat(101) }],
    ['reason', { reason: '' }],
    ['reason', { reason: 'one\nline' }],
    ['override', { override: 'yes' }],
    ['override', { override: null }],
  ])('is told which field cannot be taken: %s of %j', async (field, body) => {
    const one = await Case.that('verified');
    const refused = await one.decide('approve', body);
    expect([...outcome(refused), ...fields(refused)]).toEqual([400, 'invalid_request', field]);
  });

  it('of somebody who was verified without a phone number is refused, with what can be done instead', async () => {
    const person = new GtfPerson(gateway, 'nanovest', newPhone(), { preferred_username: 'budi' });
    const one = await Case.of(person, 'verified');
    const refused = await one.decide('approve', {});
    expect([...outcome(refused), ...fields(refused)]).toEqual([422, 'incomplete_data', 'phoneNumber']);
    expect(refused.body.detail).toContain('verify again with a number');
    const added = await one.decide('approve', { phoneNumber: newPhone() });
    expect(outcome(added)).toEqual([422, 'not_correctable']);
    expect(outcome(await one.decide('reject', SITI))).toEqual([200, 'rejected']);
  });

  it('does not share a NIK that nobody can have because GTF read it from a card', async () => {
    const one = await Case.that('verified', { nik: '3187888902845410' });
    const refused = await one.decide('approve', {});
    expect([...outcome(refused), ...fields(refused)]).toEqual([422, 'incomplete_data', 'nik']);
  });
});

describe('a NIK that several people came with', () => {
  const nik = '3273015009880004';
  const others = async (one: Case): Promise<unknown> => (await one.seenByOffice()).otherPeopleWithSameNik;

  it('is told to the back office as a number of people, until they are forgotten', async () => {
    const [first, second] = [await Case.that('verified', { nik }), await Case.that('verified', { nik })];
    await first.person.becomes(await first.person.submit({ nik }), 'verified');
    expect([await others(first), await others(second)]).toEqual([1, 1]);
    const alone = await Case.that('verified', { nik: '3273015009880005' });
    expect(await others(alone)).toBe(0);
    await alone.decide('approve', { nik, ...SITI });
    expect([await others(first), await others(alone)]).toEqual([2, 2]);
    const listed = await office(`/v1/submissions?phoneNumber=${first.person.phoneNumber}`);
    expect(listed.body.data).toMatchObject([{ otherPeopleWithSameNik: 2 }, { otherPeopleWithSameNik: 2 }]);
    expect((await first.person.get(`/v1/submissions/${first.id}`)).body).not.toHaveProperty(
      'otherPeopleWithSameNik',
    );
    expect((await forget(second.person.phoneNumber)).body.status).toBe('erased');
    expect((await forget(alone.person.phoneNumber)).body.status).toBe('restricted');
    expect([await others(first), await others(second), await others(alone)]).toEqual([0, 0, 0]);
  });
});

describe('a rejection', () => {
  it.each([
    ['verified', {}],
    ['declined', { scenario: 'DUKCAPIL_REJECTED' }],
    ['error', { scenario: 'SYSTEM_ERROR' }],
    ['unrecognised', { scenario: 'UNKNOWN_STATUS' }],
  ])('may follow %s, and keeps the partner’s own word', async (status, marks) => {
    const one = await Case.that(status, marks);
    const { reasonCode } = await one.seenByOffice();
    const rejected = await one.decide('reject', SITI);
    expect(rejected.body).toMatchObject({
      status: 'rejected',
      reasonCode,
      decision: { outcome: 'rejected', by: 'nanovest-office', ...SITI, overridden: false, corrected: [] },
    });
    expect((await one.decide('reject', SITI)).body).toEqual(rejected.body);
    for (const other of [{ ...SITI, reason: 'again' }, { reason: SITI.reason }, { ...SITI, officer: 'Ani' }])
      expect(outcome(await one.decide('reject', other))).toEqual([409, 'conflict']);
    expect((await one.seenByOffice()).decision).toEqual(rejected.body.decision);
    expect(outcome(await one.decide('approve', {}))).toEqual([409, 'invalid_state']);
  });
});

describe('who decided and why', () => {
  it('is for the back office alone: a person hears what was decided and when', async () => {
    const one = await Case.that('verified');
    await one.decide('reject', SITI);
    const { decision } = await one.seenByOffice();
    const told = { outcome: 'rejected', at: (decision as { at: string }).at };
    expect((await one.person.get(`/v1/submissions/${one.id}`)).body.decision).toEqual(told);
    const list = await one.person.get('/v1/submissions');
    expect(list.body.data[0].decision).toEqual(told);
    expect(
      (await office(`/v1/submissions?phoneNumber=${one.person.phoneNumber}`)).body.data[0].decision,
    ).toEqual(decision);
  });

  it('is no part of any event, and is forgotten with the person', async () => {
    const one = await Case.that('verified');
    await one.decide('reject', SITI);
    const { text } = await one.history();
    expect(text).not.toContain('Siti');
    expect(text).not.toContain('worn');
    const { rows } = await query(
      `SELECT 1 FROM kyc_event WHERE data::text || vault::text ~ 'Siti|worn'
       UNION ALL SELECT 1 FROM kyc_submission s WHERE to_jsonb(s)::text ~ 'Siti|worn'`,
    );
    expect(rows).toEqual([]);
    expect((await forget(one.person.phoneNumber)).body.status).toBe('erased');
    expect((await one.seenByOffice()).decision).toMatchObject({
      outcome: 'rejected',
      by: 'nanovest-office',
      officer: null,
      reason: null,
    });
    // Nothing is left to compare a repeat with.
    for (const reason of [SITI.reason, 'guessed'])
      expect(outcome(await one.decide('reject', { ...SITI, reason }))).toEqual([200, 'rejected']);
  });
});

describe('data that a business unit approved by itself', () => {
  const kyc = (over: object): object => ({
    ...{
      phoneNumber: newPhone(),
      fullName: 'BUDI',
      nik: '3171010101900001',
      dateOfBirth: '1990-01-01',
      email: '',
    },
    ...over,
  });
  const hand = (over: object): Promise<Response> =>
    Promise.resolve(gateway.http.post('/v1/common-kyc').set('Authorization', OFFICE).send(kyc(over)));

  it.each([
    ['nik', '0000000000000000'],
    ['nik', '3171010001900001'],
    ['nik', '317101010190000'],
    ['dateOfBirth', new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10)],
    ['dateOfBirth', '2999-12-31'],
    ['dateOfBirth', '1990-02-30'],
  ])('is refused where nobody can have it: %s %s', async (field, value) => {
    const refused = await hand({ [field]: value });
    expect([...outcome(refused), ...fields(refused)]).toEqual([400, 'invalid_request', field]);
  });

  it('shows as its decision that it came in approved', async () => {
    const { body } = await hand({});
    const { decision } = (await office(`/v1/submissions/${String(body.submissionId)}`)).body;
    expect(decision).toMatchObject({
      outcome: 'approved',
      by: 'nanovest-office',
      officer: null,
      corrected: [],
    });
  });
});

async function query(sql: string): Promise<{ rows: object[] }> {
  const { Client } = await import('pg');
  const client = new Client(gateway.database.url);
  await client.connect();
  try {
    return await client.query<object>(sql);
  } finally {
    await client.end();
  }
}
