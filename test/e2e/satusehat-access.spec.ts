import { backOffice, startTestGateway, type TestGateway, UNITS } from '../support/test-gateway';
import { type Answer, OFFICER, PATIENT } from './satusehat-officer';

const PAGE = '/v1/satusehat/validation-urls';
const CODE = '/v1/satusehat/challenge-codes';

interface Someone {
  readonly unit?: string;
  readonly sub?: string;
  readonly overrides?: object;
}

let gateway: TestGateway;

function tokenOf({ unit = 'nanovest', sub, overrides = {} }: Someone): string {
  const who = sub === undefined ? {} : { sub };
  return gateway.lab.simasId.mintToken({
    unit,
    phoneNumber: '6285610573956',
    ...who,
    overrides: { ...overrides },
  });
}

async function ask(
  authorization: string,
  path = CODE,
  body: object = PATIENT,
  at = gateway,
): Promise<Answer> {
  return at.http.post(path).set('authorization', authorization).send(body);
}

const bearer = (someone: Someone = {}): string => `Bearer ${tokenOf(someone)}`;
const realmRoles = (...roles: unknown[]): Someone => ({ overrides: { realm_access: { roles } } });
const clientRoles = (client: string, ...roles: unknown[]): Someone => ({
  overrides: { resource_access: { [client]: { roles } } },
});

describe('a patient’s challenge code', () => {
  beforeAll(async () => {
    gateway = await startTestGateway({
      units: [...UNITS, 'clinic'],
      environment: {
        BU_CLINIC_SATUSEHAT_OFFICER_ROLE: '', // names no officers
        BU_NANOVEST_SATUSEHAT_OFFICER_ROLE: 'kyc-officer',
        BU_NANOVEST_SATUSEHAT_OFFICERS:
          'listed-officer,other-listed-officer,retired-officer,unconfirmed-officer',
        BU_NANOVEST_AZP_ALLOWED: 'nanovest-web',
        BU_SIMINVEST_SATUSEHAT_OFFICER_ROLE: 'siminvest-officer',
      },
    });
  });
  afterAll(async () => {
    await gateway?.close();
  });

  it('is for officers: by a role of the realm, by one of the unit’s clients, or by their subject', async () => {
    const officers = [
      realmRoles('default-roles', 'kyc-officer'),
      clientRoles('nanovest', 'kyc-officer'),
      clientRoles('nanovest-web', 'kyc-officer'),
      { sub: 'listed-officer' },
    ];
    for (const officer of officers)
      for (const [path, body] of [
        [CODE, PATIENT],
        [PAGE, OFFICER],
      ] as const) {
        const answer = await ask(bearer(officer), path, body);
        expect([officer, path, answer.status]).toEqual([officer, path, 201]);
      }
  });

  it('is not for customers, whatever else their token says, and the Ministry hears nothing of them', async () => {
    const customers = [
      {},
      realmRoles('KYC-OFFICER', 'kyc-officer ', 'kyc-officer-junior', ['kyc-officer'], null),
      clientRoles('siminvest', 'kyc-officer'),
      clientRoles('account', 'kyc-officer'),
      {
        overrides: { roles: ['kyc-officer'], realm_access: 'kyc-officer', resource_access: ['kyc-officer'] },
      },
      { overrides: { realm_access: { roles: 'kyc-officer' }, resource_access: { nanovest: null } } },
      { unit: 'siminvest', ...realmRoles('kyc-officer') },
      { unit: 'siminvest', sub: 'listed-officer' },
      { sub: 'listed-officer,other-listed-officer' },
    ];
    const asked = (): number[] =>
      (['challenge-code', 'generate-url'] as const).map((call) => gateway.lab.satusehat.calls(call));
    const before = asked();
    for (const customer of customers)
      for (const [path, body] of [
        [CODE, PATIENT],
        [PAGE, OFFICER],
      ] as const) {
        const answer = await ask(bearer(customer), path, body);
        expect([customer, path, answer.status]).toEqual([customer, path, 403]);
        expect(answer.body).toMatchObject({ code: 'officer_required' });
      }
    expect(asked()).toEqual(before);
  });

  it('is not for an officer whose session was ended, a moment ago', async () => {
    const officer = bearer({ sub: 'retired-officer' });
    expect((await ask(officer)).status).toBe(201);
    gateway.lab.simasId.revoke('retired-officer');
    const answer = await ask(officer);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('error_description="refused_by_simas_id"');
  });

  it('is for the unit’s back office, which works on the unit’s submissions alone', async () => {
    const page = await ask(backOffice('nanovest'), PAGE, OFFICER);
    expect(page.status).toBe(201);
    const { submissionId } = page.body;
    const code = await ask(backOffice('nanovest'), CODE, { ...PATIENT, submissionId });
    expect([code.status, code.body.submissionId]).toEqual([201, submissionId]);
    const own = await ask(backOffice('nanovest'), CODE);
    expect(own.status).toBe(201);
    const shown = await gateway.http
      .get(`/v1/submissions/${submissionId}`)
      .set('authorization', backOffice('nanovest'));
    expect(shown.body).toMatchObject({ kind: 'satusehat', status: 'open', phoneNumber: null });
    const officers = (await ask(bearer({ sub: 'listed-officer' }), PAGE, OFFICER)).body.submissionId;
    const onOfficers = { ...PATIENT, submissionId: officers };
    expect((await ask(backOffice('nanovest'), CODE, onOfficers)).status).toBe(201);
    const before = gateway.lab.satusehat.calls('challenge-code');
    for (const [who, id] of [
      [backOffice('siminvest'), submissionId],
      [backOffice('siminvest'), officers],
      [bearer({ sub: 'listed-officer' }), submissionId],
      [bearer({ sub: 'other-listed-officer' }), officers],
    ] as const) {
      const answer = await ask(who, CODE, { ...PATIENT, submissionId: id });
      expect([answer.status, answer.body['code']]).toEqual([404, 'not_found']);
    }
    expect(gateway.lab.satusehat.calls('challenge-code')).toBe(before);
  });

  it('that the back office asked for is decided like any other', async () => {
    const { submissionId } = (await ask(backOffice('nanovest'))).body;
    const patient = { fullName: PATIENT.name, nik: PATIENT.nik, dateOfBirth: '1990-02-18', email: '' };
    const approved = await gateway.http
      .post(`/v1/submissions/${submissionId}/approve`)
      .set('authorization', backOffice('nanovest'))
      .send({ ...patient, phoneNumber: '6281298765432' });
    expect(approved.status).toBe(200);
    expect(approved.body).toMatchObject({ status: 'approved' });
    expect((await ask(backOffice('nanovest'), CODE, { ...PATIENT, submissionId })).status).toBe(409);
  });

  it('wants some credential, and names both that it takes', async () => {
    const answer = await gateway.http.post(CODE).send(PATIENT);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/Bearer .*Basic realm="back-office"/);
  });

  it('is for the back office alone in a unit that names no officers', async () => {
    for (const someone of [{}, realmRoles(''), realmRoles('satusehat-officer'), { sub: 'somebody' }])
      expect((await ask(bearer({ ...someone, unit: 'clinic' }))).status).toBe(403);
    expect((await ask(backOffice('clinic'))).status).toBe(201);
  });

  it('waits while SIMAS-ID cannot confirm the session, and customers are refused all the same', async () => {
    gateway.lab.simasId.faults.next({ path: '/v1/oidc/userinfo', reset: true, times: 100 });
    const officer = await ask(bearer({ sub: 'unconfirmed-officer' }));
    const customer = await ask(bearer());
    gateway.lab.simasId.faults.clear();
    expect([officer.status, officer.body['code']]).toEqual([503, 'partner_unavailable']);
    expect(Number(officer.headers['retry-after'])).toBeGreaterThan(0);
    expect(customer.status).toBe(403);
  });
});

describe('an officer who asks again and again', () => {
  const PER_OFFICER = 3;
  const PER_UNIT = 6;
  const LIMITS = {
    SATUSEHAT_LIMIT_PER_OFFICER_PER_HOUR: String(PER_OFFICER),
    SATUSEHAT_LIMIT_PER_UNIT_PER_HOUR: String(PER_UNIT),
    BU_NANOVEST_SATUSEHAT_OFFICERS: 'first,second,third',
    BU_SIMINVEST_SATUSEHAT_OFFICERS: 'first',
  };

  beforeAll(async () => {
    gateway = await startTestGateway({ environment: LIMITS });
  });
  afterAll(() => gateway?.close());

  it('is refused after their share of the hour, at whichever process and however many at once', async () => {
    const { lab, database, environment } = gateway;
    const twin = await startTestGateway({ lab, database, environment });
    try {
      const first = bearer({ sub: 'first' });
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, turn) => ask(first, CODE, PATIENT, turn % 2 === 0 ? gateway : twin)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 429, 429, 429, 429, 429]);
      const refused = answers.find(({ status }) => status === 429);
      expect(refused?.body).toMatchObject({ code: 'rate_limited' });
      const wait = Number(refused?.headers['retry-after']);
      expect(wait).toBeGreaterThan(3_500);
      expect(wait).toBeLessThanOrEqual(3_600);
      // Pages count with codes; another officer, the same subject elsewhere and the back office do not.
      expect((await ask(first, PAGE, OFFICER)).status).toBe(429);
      expect((await ask(bearer({ sub: 'second' }))).status).toBe(201);
      expect((await ask(bearer({ sub: 'first', unit: 'siminvest' }))).status).toBe(201);
      for (let call = 0; call < PER_UNIT - 1; call += 1)
        expect((await ask(backOffice('nanovest'))).status).toBe(201);
    } finally {
      await twin.close();
    }
  });

  it('counts nothing for requests that are not valid, or repeated with their key', async () => {
    const third = bearer({ sub: 'third' });
    for (let call = 0; call < 5; call += 1)
      expect((await ask(third, CODE, { nik: '1', name: '' })).status).toBe(400);
    for (let call = 0; call < 5; call += 1) {
      const repeated = await gateway.http
        .post(CODE)
        .set({ authorization: third, 'idempotency-key': 'one' })
        .send(PATIENT);
      expect(repeated.status).toBe(201);
    }
    expect((await ask(third)).status).toBe(201);
    expect((await ask(third)).status).toBe(201);
    expect((await ask(third)).status).toBe(429);
  });

  it('through the back office is limited as the unit, where the operator says so', async () => {
    for (let call = 0; call < PER_UNIT; call += 1)
      expect((await ask(backOffice('siminvest'))).status).toBe(201);
    expect((await ask(backOffice('siminvest'))).status).toBe(429);
    expect((await ask(backOffice('nanovest'))).status).toBe(201);
  });
});
