import { isDatabaseAway, toGatewayError } from './classify';

function coded(code: string, message = 'x'): Error {
  return Object.assign(new Error(message), { code });
}

describe('what was thrown', () => {
  it.each([
    ['connection failure', '08006'],
    ['shutdown', '57P01'],
    ['too many connections', '53300'],
    ['disk full', '53100'],
    ['statement time-out', '57014'],
    ['a standby', '25006'],
    ['refused', 'ECONNREFUSED'],
    ['a password that was changed', '28P01'],
    ['a database that was renamed', '3D000'],
    ['one that takes no connections', '55000'],
    ['a certificate that has expired', 'CERT_HAS_EXPIRED'],
    ['no route to the host', 'EHOSTUNREACH'],
    ['no route to the network', 'ENETUNREACH'],
    ['the host is down', 'EHOSTDOWN'],
  ])('is 503 when the database is away: %s', (_, code) => {
    expect(isDatabaseAway(coded(code))).toBe(true);
    expect(toGatewayError(coded(code))).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
    const wrapped = Object.assign(new Error('a query failed'), { driverError: coded(code) });
    expect(isDatabaseAway(wrapped)).toBe(true);
  });

  it.each([
    'Query read timeout',
    'Client was closed and is not queryable',
    'Connection terminated unexpectedly',
    'Query runner already released. Cannot run queries anymore.',
    'Database connection provided by a query runner was already released, cannot continue',
  ])('is 503 when the driver says "%s"', (message) => {
    expect(toGatewayError(new Error(message))).toMatchObject({ status: 503 });
  });

  it.each(['22021', '22P05'])('is 400 for text that cannot be stored (%s), without quoting it', (code) => {
    const error = toGatewayError(coded(code, 'invalid byte sequence near "3171010101900001"'));
    expect(error).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(error.message).not.toContain('3171');
  });

  it.each(['23505', '42P01', '40P01', 'EACCES', ''])('is our own fault otherwise (%s)', (code) => {
    expect(isDatabaseAway(coded(code))).toBe(false);
    expect(toGatewayError(coded(code))).toMatchObject({ status: 500, code: 'internal_error' });
  });
});
