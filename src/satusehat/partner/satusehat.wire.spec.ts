import fc from 'fast-check';
import { challengeCodeWire, messageOf, readSatusehatAnswer } from './satusehat.wire';

function read(body: unknown): unknown {
  return readSatusehatAnswer(JSON.stringify(body));
}

describe("the Ministry's answer", () => {
  it.each(['200', 200])('is a success by its own code %p, a string or a number', (code) => {
    expect(read({ metadata: { code, message: 'OK' }, data: { token: 't' } })).toEqual({
      grammar: 'metadata',
      code: 200,
      data: { token: 't' },
      error: undefined,
    });
  });

  it('may say why it is a refusal', () => {
    const body = {
      metadata: { code: '400', message: 'Error: Bad Request' },
      data: { error: 'missing begin tag' },
    };
    expect(read(body)).toMatchObject({ grammar: 'metadata', code: 400, error: 'missing begin tag' });
  });

  it.each([
    [
      'fault',
      { fault: { faultstring: 'x', detail: { errorcode: 'oauth.v2.InvalidAccessToken' } } },
      'oauth.v2.InvalidAccessToken',
    ],
    ['fault', { fault: { faultstring: 'x' } }, undefined],
    [
      'outcome',
      { resourceType: 'OperationOutcome', issue: [{ severity: 'invalid', code: 'value' }] },
      'value',
    ],
    ['outcome', { resourceType: 'OperationOutcome' }, undefined],
    ['oauth', { ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' }, 'invalid_client'],
  ])('speaks the grammar of a %s', (grammar, body, code) => {
    expect(read(body)).toEqual({ grammar, code });
  });

  it.each([
    'with spaces and a NIK 9271060312000002',
    'x'.repeat(81),
    '<script>',
    'Budi.Santoso',
    '9271060312000002',
    9271060312000002,
    { nested: true },
    9271060312000002n.toString().padEnd(90, '0'),
  ])('never hands on a code that its page does not know: %p', (errorcode) => {
    expect(read({ fault: { detail: { errorcode } } })).toEqual({ grammar: 'fault', code: undefined });
  });

  it.each([
    '',
    '<html></html>',
    'no healthy upstream',
    'null',
    '[]',
    '{}',
    '"text"',
    '{"metadata":{"code":"2x0"}}',
    '{"metadata":{"code":9271060312000002}}',
  ])('has no words for us in %p', (body) => {
    expect(readSatusehatAnswer(body)).toEqual({ grammar: 'wordless' });
  });

  it('is read without a crash, whatever it is', () => {
    const known = fc.constantFrom(
      'metadata',
      'code',
      'data',
      'error',
      'fault',
      'detail',
      'errorcode',
      'issue',
    );
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(known, fc.jsonValue()).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        expect(['metadata', 'fault', 'outcome', 'oauth', 'wordless']).toContain(
          readSatusehatAnswer(body).grammar,
        );
        expect(typeof messageOf(body)).toBe('string');
      }),
      { numRuns: 500 },
    );
  });

  it('may hold its encrypted message as a JSON string or as data', () => {
    expect(messageOf('-----BEGIN')).toBe('-----BEGIN');
    expect(messageOf('"-----BEGIN\\r\\n"')).toBe('-----BEGIN\r\n');
    expect(messageOf('{"data":"-----BEGIN"}')).toBe('-----BEGIN');
  });
});

describe('a challenge code', () => {
  const data = {
    nik: '9271060312000002',
    name: 'Budi Santoso',
    ihs_number: 'P02029532758',
    challenge_code: '004821',
    created_timestamp: '2023-05-25T03:26:13+07:00',
    expired_timestamp: '2023-05-25T03:31:13+07:00',
  };

  it('keeps its leading zeros, also when it comes as a number', () => {
    expect(challengeCodeWire.parse(data).challenge_code).toBe('004821');
    expect(challengeCodeWire.parse({ ...data, challenge_code: 4821 }).challenge_code).toBe('004821');
  });

  it('may come in camelCase, as one service saw it', () => {
    const { nik, name, ...others } = data;
    const camel = {
      ihsNumber: others.ihs_number,
      challengeCode: others.challenge_code,
      createdTimestamp: others.created_timestamp,
      expiredTimestamp: others.expired_timestamp,
    };
    expect(challengeCodeWire.parse({ nik, name, ...camel })).toEqual(challengeCodeWire.parse(data));
  });

  it('has instants of its own time zone', () => {
    const { created_timestamp, expired_timestamp } = challengeCodeWire.parse(data);
    expect(created_timestamp.toISOString()).toBe('2023-05-24T20:26:13.000Z');
    expect(expired_timestamp.toISOString()).toBe('2023-05-24T20:31:13.000Z');
  });

  it.each(['ihs_number', 'challenge_code', 'created_timestamp'])('is none without %s', (field) => {
    expect(challengeCodeWire.safeParse({ ...data, [field]: undefined }).success).toBe(false);
  });
});
