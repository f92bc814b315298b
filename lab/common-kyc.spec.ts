import { startCommonKycLab, type CommonKycLab } from './common-kyc';
import { labCredentials } from './credentials';

const DATA = {
  client_id: 'nanovest',
  phone_number: '6285610573956',
  full_name: 'John Doe',
  nik: '3171234567890123',
  date_of_birth: '1990-01-31',
  email: '',
};

const basic = (unit: string): string => {
  const { clientId, clientSecret } = labCredentials(unit).commonKyc;
  return `Basic ${btoa(`${clientId}:${clientSecret}`)}`;
};

describe('Common KYC in the lab', () => {
  let lab: CommonKycLab;
  beforeEach(async () => {
    lab = await startCommonKycLab({
      host: '127.0.0.1',
      port: 0,
      units: ['nanovest', 'siminvest'],
      now: () => new Date('2026-11-22T08:00:00.123Z'),
    });
  });
  afterEach(() => lab.close());

  const store = (body: unknown, authorization = basic('nanovest')): Promise<Response> =>
    fetch(`${lab.url}/v1/common-kyc`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const read = (query: string, authorization = basic('nanovest')): Promise<Response> =>
    fetch(`${lab.url}/v1/common-kyc${query}`, { headers: { authorization } });

  it('stores what a business unit approved and gives it back in the partner’s words', async () => {
    const stored = await store(DATA);
    expect(await stored.json()).toEqual({
      meta: { id: expect.any(String), status: 'sucess', message: 'store common kyc data success' },
    });
    const found = await read('?phone_number=6285610573956');
    expect(await found.json()).toEqual({
      data: { id: expect.any(String), ...DATA, created_at: '2026-11-22T08:00:00Z' },
      meta: { id: expect.any(String), status: 'sucess', message: 'get common kyc data success' },
    });
  });

  it('updates one record a phone number and client, and pre-fills from the newest of any client', async () => {
    await store(DATA);
    await store({ ...DATA, full_name: 'John van Doe' });
    expect(lab.records()).toHaveLength(1);
    expect(lab.accepted().map(({ full_name }) => full_name)).toEqual(['John Doe', 'John van Doe']);
    await store({ ...DATA, client_id: 'siminvest', full_name: 'J. Doe' }, basic('siminvest'));
    expect(lab.records()).toHaveLength(2);
    const seenByNanovest = await (await read('?phone_number=6285610573956')).json();
    expect(seenByNanovest).toMatchObject({ data: { client_id: 'siminvest', full_name: 'J. Doe' } });
    await store(DATA);
    const again = await (await read('?phone_number=6285610573956')).json();
    expect(again).toMatchObject({ data: { client_id: 'nanovest', full_name: 'John Doe' } });
  });

  it.each([
    ['a body of a wrong kind', 'text', 400],
    ['a missing field', { ...DATA, email: undefined }, 400],
    ['a NIK that is a number', { ...DATA, nik: 3171234567890123 }, 400],
    ['a short NIK', { ...DATA, nik: '317123' }, 400],
    ['a local phone number', { ...DATA, phone_number: '085610573956' }, 400],
    ['a blank name', { ...DATA, full_name: ' ' }, 400],
    ["another unit's client id", { ...DATA, client_id: 'siminvest' }, 403],
  ])('refuses %s and stores nothing', async (_what, body, status) => {
    expect((await store(body)).status).toBe(status);
    expect(lab.records()).toEqual([]);
  });

  it('refuses strangers, a question without a phone number and an unknown phone number', async () => {
    expect((await store(DATA, `Basic ${btoa('nanovest:wrong')}`)).status).toBe(401);
    expect((await read('?phone_number=6285610573956', 'Bearer x')).status).toBe(401);
    expect((await read('')).status).toBe(400);
    expect((await read('?phone_number=628111111111')).status).toBe(404);
  });

  it('lets a test wait for a record', async () => {
    const waiting = lab.waitForRecord(({ nik }) => nik === DATA.nik);
    await store(DATA);
    expect(await waiting).toMatchObject({ full_name: 'John Doe' });
    await expect(lab.waitForRecord(({ nik }) => nik === 'none', 20)).rejects.toThrow('within 20 ms');
  });

  it('obeys the fault queue', async () => {
    lab.faults.next({ method: 'POST', status: 503, headers: { 'retry-after': '1' } });
    expect((await read('?phone_number=628111111111')).status).toBe(404);
    expect((await store(DATA)).status).toBe(503);
    expect((await store(DATA)).status).toBe(200);
  });
});
