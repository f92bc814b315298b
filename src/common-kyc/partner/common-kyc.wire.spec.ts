import fc from 'fast-check';
import { isEmptyOrJson, isRefusal, readFound, requestIdIn, storeBody } from './common-kyc.wire';

const PHONE = '6285610573956';
const KYC = {
  phoneNumber: PHONE,
  fullName: 'BUDI SANTOSO',
  nik: '3171010101900001',
  dateOfBirth: '1990-01-31',
  email: '',
};
const RECORD = {
  id: 'r1',
  client_id: 'nanovest',
  phone_number: PHONE,
  full_name: 'BUDI SANTOSO',
  nik: '3171010101900001',
  date_of_birth: '1990-01-31',
  email: '',
  created_at: '2026-11-22T03:04:05Z',
};

function found(reply: unknown, format = 'YYYY-MM-DD'): ReturnType<typeof readFound> {
  return readFound(Buffer.from(JSON.stringify(reply)), PHONE, format);
}

describe('what is sent to Common KYC', () => {
  it('has the six documented fields', () => {
    expect(JSON.parse(storeBody('nanovest', KYC, 'YYYY-MM-DD'))).toEqual({
      client_id: 'nanovest',
      phone_number: PHONE,
      full_name: 'BUDI SANTOSO',
      nik: '3171010101900001',
      date_of_birth: '1990-01-31',
      email: '',
    });
  });

  it('writes the date of birth as configured', () => {
    expect(storeBody('nanovest', KYC, 'DD/MM/YYYY')).toContain('"date_of_birth":"31/01/1990"');
  });
});

describe('what Common KYC answers to a look-up', () => {
  it('is a record, with or without the words in meta', () => {
    const record = {
      id: 'r1',
      clientId: 'nanovest',
      phoneNumber: PHONE,
      fullName: 'BUDI SANTOSO',
      nik: '3171010101900001',
      dateOfBirth: '1990-01-31',
      email: null,
      createdAt: '2026-11-22T03:04:05.000Z',
    };
    for (const meta of [{ status: 'sucess' }, { status: 'success' }, { status: 'failed' }, undefined])
      expect(found({ data: RECORD, meta })).toEqual(record);
  });

  it('may hold numbers, unknown fields and another phone spelling', () => {
    const data = { ...RECORD, id: 7, phone_number: '085610573956', gender: 'M' };
    expect(found({ data })).toMatchObject({ id: '7', phoneNumber: PHONE });
  });

  it.each([
    ['1990-01-31', 'YYYY-MM-DD', '1990-01-31'],
    ['31-01-1990', 'DD-MM-YYYY', '1990-01-31'],
    ['1990-01-31', 'DD-MM-YYYY', '1990-01-31'],
    ['1990-01-31T00:00:00Z', 'DD-MM-YYYY', '1990-01-31'],
    ['1990-01-31T00:00:00.000+07:00', 'YYYY-MM-DD', '1990-01-31'],
    ['1990-01-30T17:00:00.000Z', 'YYYY-MM-DD', null],
    ['31.01.1990', 'DD.MM.YYYY', '1990-01-31'],
    ['31-01-1990', 'YYYY-MM-DD', '1990-01-31'],
    ['31/01/1990', 'DD-MM-YYYY', '1990-01-31'],
    ['31 Januari 1990', 'YYYY-MM-DD', '1990-01-31'],
    ['31-01-1990', 'MM/DD/YYYY', null],
    ['31/01/1990', 'MM/DD/YYYY', null],
    ['1990-02-31', 'YYYY-MM-DD', null],
    ['yesterday', 'YYYY-MM-DD', null],
    ['', 'YYYY-MM-DD', null],
  ])('says %j for a date of birth in %s: %j', (text, format, date) => {
    const read = found({ data: { ...RECORD, date_of_birth: text } }, format);
    expect(read).toMatchObject({ dateOfBirth: date });
  });

  it.each([
    ['2026-11-22T10:04:05+07:00', '2026-11-22T03:04:05.000Z'],
    ['2026-11-22T03:04:05.678901Z', '2026-11-22T03:04:05.678Z'],
    ['2026-11-22T03:04:05', null],
    ['2026-11-22 03:04:05', null],
    ['1763780645', null],
    ['', null],
  ])('says %j for an instant: %j', (text, createdAt) => {
    expect(found({ data: { ...RECORD, created_at: text } })).toMatchObject({ createdAt });
  });

  it('drops what cannot be used instead of passing it on', () => {
    const data = { ...RECORD, nik: '31710101', created_at: 'last week' };
    expect(found({ data })).toMatchObject({ nik: null, createdAt: null });
  });

  it.each([
    [{}],
    [{ data: null }],
    [{ data: '' }],
    [{ data: [] }],
    [{ data: {} }],
    [{ data: { ...RECORD, full_name: ' ', nik: '', date_of_birth: '', email: null } }],
  ])('is nothing: %j', (reply) => expect(found(reply)).toBeNull());

  it('is never taken for this person when it names another number, or none', () => {
    expect(found({ data: { ...RECORD, phone_number: '6281200000000' } })).toBe('foreign');
    expect(found({ data: { ...RECORD, phone_number: '' } })).toBe('foreign');
  });

  it('is contained whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        const body = Buffer.from(JSON.stringify(anything) ?? '<html>');
        const read = readFound(body, PHONE, 'YYYY-MM-DD');
        if (typeof read !== 'string' && read !== null) expect(read.phoneNumber).toBe(PHONE);
      }),
    );
  });
});

describe('what Common KYC answers to a store', () => {
  it('names the request when it can be kept', () => {
    const id = (value: unknown): string | null =>
      requestIdIn(Buffer.from(JSON.stringify({ meta: { id: value } })));
    expect(id('request_id')).toBe('request_id');
    for (const unusable of ['', PHONE, KYC.nik, 'x'.repeat(65), 'a b', 7, null])
      expect(id(unusable)).toBeNull();
    expect(requestIdIn(Buffer.alloc(0))).toBeNull();
  });

  it('is not the partner’s when it is a page', () => {
    expect(isEmptyOrJson(Buffer.from('<html>'))).toBe(false);
    expect(isEmptyOrJson(Buffer.from('{}'))).toBe(true);
    expect(isEmptyOrJson(Buffer.alloc(0))).toBe(true);
  });
});

describe('what Common KYC refuses', () => {
  it.each([
    '{"meta":{"id":"1","status":"failed","message":"no"}}',
    '{"meta":{},"error":"no"}',
    '{"data":null}',
    '{}',
  ])('is its own word in the form of its answers: %s', (body) =>
    expect(isRefusal(Buffer.from(body))).toBe(true),
  );

  it.each([
    '{"message":"no Route matched with those values"}',
    '{"timestamp":"2026-11-30T03:04:05Z","status":404,"error":"Not Found","path":"/v1/common-kyc"}',
    '{"statusCode":404,"message":"Resource not found"}',
    '{"fault":{"faultstring":"Unable to identify proxy"}}',
    '{"meta":null}',
    '<html>',
    'null',
    '[]',
    '',
  ])('is not its word in another form: %s', (body) => expect(isRefusal(Buffer.from(body))).toBe(false));
});
