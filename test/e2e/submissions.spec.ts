import { randomUUID } from 'node:crypto';
import type { Response } from 'supertest';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { customer, KTP, openedBy, tokenOf, verified } from '../support/submission-story';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.close();
});

type Credential = { readonly unit: string } | { readonly token: string };

function get(path: string, as: Credential): Promise<Response> {
  return gateway.http.get(path).set('Authorization', authorization(as));
}

function post(
  path: string,
  as: Credential,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  return gateway.http.post(path).set('Authorization', authorization(as)).set(headers).send(body);
}

function authorization(as: Credential): string {
  return 'unit' in as ? backOffice(as.unit) : `Bearer ${as.token}`;
}

const OFFICE = { unit: 'nanovest' };

async function eventTypes(id: string): Promise<string[]> {
  const { body } = await get(`/v1/submissions/${id}/events?limit=100`, OFFICE);
  return (body as { data: { type: string }[] }).data.map(({ type }) => type);
}

interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly createdAt: string;
}

function ids(answer: Response): string[] {
  return (answer.body as { data: { id: string }[] }).data.map(({ id }) => id);
}

describe('a person', () => {
  it('sees what they started with their own token, and nobody else’s', async () => {
    const [me, other] = [customer(), customer()];
    const mine = await openedBy(gateway, me, 'gtf-siv');
    const theirs = await openedBy(gateway, other);
    const token = tokenOf(gateway, me);
    expect(ids(await get('/v1/submissions', { token }))).toEqual([mine.id]);
    const one = await get(`/v1/submissions/${mine.id}`, { token });
    expect(one.headers['cache-control']).toBe('no-store');
    expect(one.body).toEqual({
      id: mine.id,
      kind: 'gtf-siv',
      submissionType: null,
      status: 'open',
      phoneNumber: me.phoneNumber,
      partnerSubmissionId: null,
      reasonCode: null,
      verification: null,
      decision: null,
      documents: [],
      launchUrl: null,
      createdAt: mine.createdAt.toISOString(),
      updatedAt: mine.updatedAt.toISOString(),
    });
    for (const path of ['', '/events'])
      expect((await get(`/v1/submissions/${theirs.id}${path}`, { token })).status).toBe(404);
  });

  it('does not see what the back office handed in about them', async () => {
    const me = customer();
    await post('/v1/common-kyc', OFFICE, {
      phoneNumber: me.phoneNumber,
      fullName: 'BUDI',
      nik: KTP.nik,
      dateOfBirth: KTP.dateOfBirth,
      email: '',
    });
    expect(ids(await get('/v1/submissions', { token: tokenOf(gateway, me) }))).toEqual([]);
    // The lists below must not change while they are read.
    await eventually(
      () => get('/v1/submissions?status=shared&kind=common-kyc', { unit: 'nanovest' }),
      (shared) => ids(shared).length === 1,
    );
  });

  it('cannot decide about themselves, nor read the identity', async () => {
    const me = customer();
    const { id } = await verified(gateway, me);
    const token = tokenOf(gateway, me);
    for (const action of ['approve', 'reject', 'share'])
      expect((await post(`/v1/submissions/${id}/${action}`, { token }, {})).status).toBe(401);
    expect((await get(`/v1/submissions/${id}/identity?purpose=curiosity`, { token })).status).toBe(401);
  });

  it('keeps their submissions when their number changes, and finds none of the new owner’s', async () => {
    const before = customer();
    const { id } = await openedBy(gateway, before);
    const after = { ...before, phoneNumber: customer().phoneNumber };
    expect(ids(await get('/v1/submissions', { token: tokenOf(gateway, after) }))).toEqual([id]);
    const newOwner = { ...customer(), phoneNumber: before.phoneNumber };
    expect(ids(await get('/v1/submissions', { token: tokenOf(gateway, newOwner) }))).toEqual([]);
  });
});

describe('the back office', () => {
  it('pages through its unit’s submissions, newest first, each exactly once', async () => {
    const unit = 'siminvest';
    const opened: string[] = [];
    for (let index = 0; index < 7; index += 1) opened.push((await openedBy(gateway, customer(unit))).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Response = await get(
        `/v1/submissions?limit=3${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
        { unit },
      );
      seen.push(...ids(page));
      cursor = (page.body as { nextCursor: string | null }).nextCursor;
      expect(ids(page).length).toBeLessThanOrEqual(3);
    } while (cursor !== null);
    const mine = seen.filter((id) => opened.includes(id));
    expect(mine).toEqual([...opened].reverse());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('narrows the list alike however it is read, page by page', async () => {
    const who = customer();
    for (let index = 0; index < 3; index += 1) {
      await openedBy(gateway, who, 'satusehat');
      await openedBy(gateway, who, 'gtf-siv');
      await verified(gateway, customer());
    }
    const list = async (query: string, limit: number): Promise<Listed[]> => {
      const seen: Listed[] = [];
      let cursor: string | null = null;
      do {
        const next = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = await get(`/v1/submissions?limit=${limit}${query}${next}`, OFFICE);
        const body = page.body as { data: Listed[]; nextCursor: string | null };
        seen.push(...body.data);
        cursor = body.nextCursor;
      } while (cursor !== null);
      return seen;
    };
    const all = await list('', 100);
    const from = all[2]?.createdAt ?? '';
    let longerThanAPage = 0;
    for (const kind of [undefined, 'satusehat', 'gtf-siv'])
      for (const status of [undefined, 'open', 'verified'])
        for (const createdFrom of [undefined, from]) {
          const given = Object.entries({ kind, status, createdFrom }).filter(
            ([, value]) => value !== undefined,
          );
          const query = given.map(([name, value]) => `&${name}=${value}`).join('');
          const expected = all.filter(
            (one) =>
              one.kind === (kind ?? one.kind) &&
              one.status === (status ?? one.status) &&
              one.createdAt >= (createdFrom ?? one.createdAt),
          );
          expect([query, await list(query, 2)]).toEqual([query, expected]);
          if (expected.length > 2) longerThanAPage += 1;
        }
    // All but the verified of SATUSEHAT, of which there are none, and some of the latest.
    expect(longerThanAPage).toBeGreaterThanOrEqual(8);
  });

  it('narrows the list by kind, status, phone number and time', async () => {
    const who = customer();
    const open = await openedBy(gateway, who, 'satusehat');
    const done = await verified(gateway, who);
    const list = async (query: string): Promise<string[]> =>
      ids(await get(`/v1/submissions?phoneNumber=${who.phoneNumber}&${query}`, OFFICE));
    expect(await list('')).toEqual([done.id, open.id]);
    expect(await list('kind=satusehat')).toEqual([open.id]);
    expect(await list('status=verified')).toEqual([done.id]);
    expect(await list(`createdFrom=${done.createdAt.toISOString()}`)).toContain(done.id);
    expect(await list(`createdTo=${open.createdAt.toISOString()}`)).toEqual([]);
    expect(ids(await get(`/v1/submissions?phoneNumber=0${who.phoneNumber.slice(2)}`, OFFICE))).toHaveLength(
      2,
    );
    expect(ids(await get('/v1/submissions?phoneNumber=6285600000000', OFFICE))).toEqual([]);
  });

  it('asks for what changed since it last looked', async () => {
    const who = customer();
    const [older, newer] = [await verified(gateway, who), await openedBy(gateway, who)];
    const since = (await post(`/v1/submissions/${older.id}/reject`, OFFICE, { reason: 'unreadable' })).body
      .updatedAt as string;
    const list = async (query: string): Promise<string[]> =>
      ids(await get(`/v1/submissions?phoneNumber=${who.phoneNumber}&${query}`, OFFICE));
    expect(await list(`updatedFrom=${since}`)).toEqual([older.id]);
    expect(await list(`updatedFrom=${older.createdAt.toISOString()}`)).toEqual([newer.id, older.id]);
    expect(await list(`status=rejected&updatedFrom=${since}`)).toEqual([older.id]);
    expect(await list(`status=open&updatedFrom=${since}`)).toEqual([]);
  });

  it('searches by NIK and phone number in a body, page by page', async () => {
    const [who, other] = [customer(), customer()];
    const identity = { ...KTP, nik: '3273014505920002' };
    const theirs = [
      await verified(gateway, who, identity),
      await openedBy(gateway, who),
      await verified(gateway, other, identity),
    ].map(({ id }) => id);
    const search = async (body: object): Promise<string[]> => {
      const answer = await post('/v1/submissions/search', OFFICE, body);
      expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
      return ids(answer);
    };
    const { nik } = identity;
    expect(await search({ nik })).toEqual(theirs.toReversed());
    expect(await search({ nik, phoneNumber: other.phoneNumber })).toEqual([theirs[2]]);
    expect(await search({ nik, status: 'open' })).toEqual([theirs[1]]);
    expect(await search({ nik, updatedFrom: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
    const page = await post('/v1/submissions/search', OFFICE, { nik, limit: 2 });
    expect(await search({ nik, limit: 2, cursor: page.body.nextCursor as string })).toEqual([theirs[0]]);
    expect(ids(await post('/v1/submissions/search', { unit: 'siminvest' }, { nik }))).toEqual([]);
    expect((await post('/v1/submissions/search', OFFICE, { nik: '1' })).body.code).toBe('invalid_request');
    expect((await post('/v1/submissions/search', { token: tokenOf(gateway, who) }, { nik })).status).toBe(
      401,
    );
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=1e1',
    'kind=passport',
    'status=done',
    'phoneNumber=12',
    'createdFrom=2026-11-22',
    'createdFrom=2026-13-45T00:00:00Z',
    'updatedFrom=yesterday',
    'nik=3273014505920002',
    'cursor=abc',
    'colour=red',
    'limit=1&limit=2',
  ])('is told that ?%s is not valid', async (query) => {
    const answer = await get(`/v1/submissions?${query}`, OFFICE);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  });

  it('sees nothing of another business unit', async () => {
    const { id } = await verified(gateway, customer('siminvest'));
    for (const path of ['', '/events', '/identity?purpose=audit'])
      expect((await get(`/v1/submissions/${id}${path}`, OFFICE)).body.code).toBe('not_found');
    for (const action of ['approve', 'reject', 'share'])
      expect((await post(`/v1/submissions/${id}/${action}`, OFFICE, {})).body.code).toBe('not_found');
  });

  it.each(['no-uuid', '3f0c2b7e-8a55-4c1e-9d65', randomUUID()])('finds no submission %s', async (id) => {
    expect((await get(`/v1/submissions/${id}`, OFFICE)).status).toBe(404);
  });

  it('reads an identity only with a purpose, and every reading is an event', async () => {
    const who = customer();
    const { id } = await verified(gateway, who);
    for (const query of ['', '?purpose=', '?purpose=3171010101900001', '?purpose=a@b.c'])
      expect((await get(`/v1/submissions/${id}/identity${query}`, OFFICE)).status).toBe(400);
    for (let reading = 0; reading < 2; reading += 1) {
      const answer = await gateway.http
        .get(`/v1/submissions/${id}/identity?purpose=manual-review`)
        .set('X-Request-Id', 'the-same-twice')
        .set('Authorization', backOffice('nanovest'));
      expect(answer.body).toEqual({ ...KTP, phoneNumber: who.phoneNumber });
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    const { body } = await get(`/v1/submissions/${id}/events`, OFFICE);
    const events = (body as { data: { type: string; data: object }[] }).data;
    expect(events.filter(({ type }) => type === 'identity.read').map(({ data }) => data)).toEqual([
      { by: 'nanovest-office', purpose: 'manual-review' },
      { by: 'nanovest-office', purpose: 'manual-review' },
    ]);
  });

  it('is told when there is no identity to read', async () => {
    const { id } = await openedBy(gateway, customer());
    const answer = await get(`/v1/submissions/${id}/identity?purpose=audit`, OFFICE);
    expect([answer.status, answer.body.code]).toEqual([404, 'identity_not_found']);
  });

  it('pages through events, oldest first', async () => {
    const { id } = await verified(gateway, customer());
    await get(`/v1/submissions/${id}/identity?purpose=audit`, OFFICE);
    const first = await get(`/v1/submissions/${id}/events?limit=2`, OFFICE);
    expect(first.body.nextCursor).toEqual(expect.any(String));
    const rest = await get(
      `/v1/submissions/${id}/events?limit=2&cursor=${String(first.body.nextCursor)}`,
      OFFICE,
    );
    const pages = [first, rest].flatMap(({ body }) => (body as { data: { type: string }[] }).data);
    expect(pages.map(({ type }) => type)).toEqual(['kyc.opened', 'kyc.verified', 'identity.read']);
    expect(rest.body.nextCursor).toBeNull();
  });
});

describe('a decision', () => {
  it('to approve shares the data through Common KYC, once', async () => {
    const who = customer();
    const { id } = await verified(gateway, who);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(`/v1/submissions/${id}/approve`, OFFICE)),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(['approved', 'shared']).toContain(answer.body.status);
    }
    const shared = await eventually(
      () => get(`/v1/submissions/${id}`, OFFICE),
      ({ body }) => (body as { status: string }).status === 'shared',
    );
    expect(shared.body).toMatchObject({ status: 'shared', reasonCode: null });
    expect(await eventTypes(id)).toEqual(['kyc.opened', 'kyc.verified', 'kyc.approved', 'common_kyc.shared']);
    const records = gateway.lab.commonKyc
      .accepted()
      .filter(({ phone_number }) => phone_number === who.phoneNumber);
    expect(records).toEqual([
      {
        client_id: 'nanovest',
        phone_number: who.phoneNumber,
        full_name: 'BUDI SANTOSO',
        nik: '3171010101900001',
        date_of_birth: '1990-01-01',
        email: '',
      },
    ]);
    expect((await post(`/v1/submissions/${id}/approve`, OFFICE)).body).toEqual(shared.body);
  });

  it('to approve may put single fields right, and says which', async () => {
    const who = customer();
    const { id } = await verified(gateway, who);
    const corrections = { fullName: 'BUDI SANTOSA', email: 'budi@example.com' };
    await post(`/v1/submissions/${id}/approve`, OFFICE, {
      ...corrections,
      reason: 'the card abbreviates the name',
      consent: { textVersion: 'kyc-terms-2025-10', givenAt: '2025-11-22T10:04:05+07:00' },
    });
    const identity = await get(`/v1/submissions/${id}/identity?purpose=audit`, OFFICE);
    expect(identity.body).toEqual({ ...KTP, ...corrections, phoneNumber: who.phoneNumber });
    const { body } = await get(`/v1/submissions/${id}/events`, OFFICE);
    const approved = (body as { data: { type: string; data: object }[] }).data.find(
      ({ type }) => type === 'kyc.approved',
    );
    expect(approved?.data).toEqual({
      by: 'nanovest-office',
      corrected: ['fullName', 'email'],
      verification: { nik: 'pass', name: 'overridden', dateOfBirth: 'pass', selfie: 'pass' },
      consent: {
        purpose: 'common-kyc',
        textVersion: 'kyc-terms-2025-10',
        givenAt: '2025-11-22T03:04:05.000Z',
      },
    });
  });

  it('to approve what lacks data names the fields', async () => {
    const person = new GtfPerson(gateway, 'nanovest', customer().phoneNumber);
    const id = await person.submit({}, 'STANDALONE_LIVENESS'); // no card is read
    await person.becomes(id, 'verified');
    const answer = await post(`/v1/submissions/${id}/approve`, OFFICE, { fullName: 'BUDI' });
    expect([answer.status, answer.body.code]).toEqual([422, 'incomplete_data']);
    expect(refusedFields(answer.body)).toEqual(['nik', 'dateOfBirth']);
    expect(await eventTypes(id)).toEqual(['kyc.opened', 'kyc.processing', 'kyc.verified']);
  });

  it('about a SATUSEHAT patient brings all five fields, for the number in the token is the officer’s', async () => {
    const officer = customer();
    const { id } = await openedBy(gateway, officer, 'satusehat');
    const lacking = await post(`/v1/submissions/${id}/approve`, OFFICE, {});
    expect(refusedFields(lacking.body)).toEqual(['fullName', 'nik', 'dateOfBirth', 'email', 'phoneNumber']);
    const patient = {
      fullName: 'SITI RAHAYU',
      nik: '3273014505920002',
      dateOfBirth: '1992-05-05',
      email: '',
      phoneNumber: customer().phoneNumber,
    };
    expect((await post(`/v1/submissions/${id}/approve`, OFFICE, patient)).status).toBe(200);
    const identity = await get(`/v1/submissions/${id}/identity?purpose=audit`, OFFICE);
    expect(identity.body).toEqual({ ...patient, ktp: null });
    const erased = await gateway.http
      .delete(`/v1/people/${officer.phoneNumber}`)
      .set('Authorization', backOffice('nanovest'));
    expect(erased.body).toEqual({ status: 'erased', until: null });
    expect((await get(`/v1/submissions/${id}/identity?purpose=audit`, OFFICE)).body.nik).toBe(patient.nik);
  });

  it('about a SATUSEHAT patient keeps the data under the patient’s own key, which their number reaches', async () => {
    const { id, personId } = await openedBy(gateway, customer(), 'satusehat');
    const patient = {
      fullName: 'SITI RAHAYU',
      nik: '3273014505920002',
      dateOfBirth: '1992-05-05',
      email: '',
      phoneNumber: customer().phoneNumber,
    };
    await post(`/v1/submissions/${id}/approve`, OFFICE, patient);
    const { body } = await get(`/v1/submissions/${id}/events`, OFFICE);
    const approved = (body as { data: { type: string; data: { owner?: string } }[] }).data.find(
      ({ type }) => type === 'kyc.approved',
    );
    expect(approved?.data.owner).not.toBe(personId);
    const forget = (): Promise<Response> =>
      gateway.http
        .delete(`/v1/people/${patient.phoneNumber}?relationshipEndedOn=2020-01-31`)
        .set('Authorization', backOffice('nanovest'));
    expect((await forget()).body).toMatchObject({ status: 'restricted' });
    const identity = (): Promise<Response> => get(`/v1/submissions/${id}/identity?purpose=audit`, OFFICE);
    expect((await identity()).body.code).toBe('person_restricted');
    await gateway.query('UPDATE person SET retained_from = NULL WHERE id = $1', [approved?.data.owner]);
    expect((await forget()).body).toEqual({ status: 'erased', until: null });
    expect((await identity()).body.code).toBe('identity_not_found');
  });

  it('to reject is final', async () => {
    const { id } = await verified(gateway, customer());
    expect((await post(`/v1/submissions/${id}/reject`, OFFICE, {})).status).toBe(400);
    const answer = await post(`/v1/submissions/${id}/reject`, OFFICE, { reason: 'photo unreadable' });
    expect([answer.status, answer.body.status, answer.body.decision.reason]).toEqual([
      200,
      'rejected',
      'photo unreadable',
    ]);
    expect((await post(`/v1/submissions/${id}/reject`, OFFICE, { reason: 'photo unreadable' })).body).toEqual(
      answer.body,
    );
    const late = await post(`/v1/submissions/${id}/approve`, OFFICE);
    expect([late.status, late.body.code]).toEqual([409, 'invalid_state']);
  });

  it('before the partner’s verdict is refused', async () => {
    const { id } = await openedBy(gateway, customer());
    for (const [action, body] of [
      ['approve', {}],
      ['reject', { reason: 'too slow' }],
    ] as const) {
      const answer = await post(`/v1/submissions/${id}/${action}`, OFFICE, body);
      expect([answer.status, answer.body.code]).toEqual([409, 'invalid_state']);
    }
  });

  it('of two officers at once is the first one’s', async () => {
    const { id } = await verified(gateway, customer());
    const both = await Promise.all([
      post(`/v1/submissions/${id}/approve`, OFFICE),
      post(`/v1/submissions/${id}/reject`, OFFICE, { reason: 'photo unreadable' }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('can be tied to what the officer looked at', async () => {
    const { id } = await verified(gateway, customer());
    const seen = await get(`/v1/submissions/${id}`, OFFICE);
    await get(`/v1/submissions/${id}/identity?purpose=manual-review`, OFFICE);
    for (const stale of ['"1"', 'W/"1"', 'yesterday'])
      expect((await post(`/v1/submissions/${id}/approve`, OFFICE, {}, { 'If-Match': stale })).status).toBe(
        412,
      );
    const answer = await post(
      `/v1/submissions/${id}/approve`,
      OFFICE,
      {},
      { 'If-Match': String(seen.headers['etag']) },
    );
    expect(answer.status).toBe(200);
    expect(answer.headers['etag']).not.toBe(seen.headers['etag']);
  });
});

function refusedFields(body: unknown): string[] {
  return (body as { errors: { field: string }[] }).errors.map(({ field }) => field);
}
