import { Controller, Get } from '@nestjs/common';
import { BusinessUnits, businessUnitSettings, readBusinessUnits } from '../../business-units';
import { loadSettings } from '../../platform/config';
import { type AuthGateway, startAuthGateway } from '../gateway.fixture';
import { Access, BackOffice } from '../index';
import { SimasIdFixture } from '../simas-id.fixture';

@Controller('desk')
class Desk {
  @Get()
  @Access(BackOffice)
  read(): string {
    return 'in';
  }
}

let simasId: SimasIdFixture;
let gateway: AuthGateway;

beforeAll(async () => {
  simasId = await new SimasIdFixture().start();
});
afterAll(() => simasId.stop());
beforeEach(async () => {
  gateway = await startAuthGateway(simasId.environment, { controllers: [Desk] });
});
afterEach(() => gateway.app.close());

const desk = (pair: string, remoteAddress = '192.0.2.1') =>
  gateway.server.inject({
    method: 'GET',
    url: '/desk',
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    remoteAddress,
  });

describe('the back office', () => {
  it.each([
    ['another password', 'desk:wrong'],
    ['a password that only begins right', 'desk:third-secre'],
    ['a password that is longer', 'desk:third-secret2'],
    ["another unit's password", 'desk:second-secret'],
    ['a user name in another case', 'Desk:third-secret'],
    ['an empty password', 'desk:'],
    ['an empty user name', ':third-secret'],
    ['user name and password swapped', 'third-secret:desk'],
  ])('does not get in with %s', async (_, pair) => {
    const answer = await desk(pair);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Basic realm="back-office", charset="UTF-8"');
    expect(answer.json()).toMatchObject({ code: 'unauthorized' });
  });

  it('gets in with a password that holds colons', async () => {
    expect((await desk('old-desk:first:secret')).body).toBe('in');
  });

  it('is told 429 after twenty wrong tries in a minute, and again 401 a minute later', async () => {
    for (let attempt = 1; attempt <= 20; attempt += 1)
      expect((await desk('desk:wrong')).statusCode).toBe(401);
    const limited = await desk('desk:wrong');
    expect(limited.statusCode).toBe(429);
    expect(limited.json()).toMatchObject({ code: 'rate_limited' });
    const wait = Number(limited.headers['retry-after']);
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
    const later = Date.now() + 61_000;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => later);
    expect((await desk('desk:wrong')).statusCode).toBe(401);
    clock.mockRestore();
  });

  it('is one with everybody of its IPv6 network, and with its IPv4 address on an IPv6 socket', async () => {
    for (let host = 1; host <= 20; host += 1)
      expect((await desk('desk:wrong', `2001:db8:0:1::${host.toString(16)}`)).statusCode).toBe(401);
    expect((await desk('desk:wrong', '2001:db8:0:1:ffff::1')).statusCode).toBe(429);
    expect((await desk('desk:wrong', '2001:db8:0:2::1')).statusCode).toBe(401);
    for (let attempt = 1; attempt <= 20; attempt += 1) await desk('desk:wrong', '192.0.2.7');
    expect((await desk('desk:wrong', '::ffff:192.0.2.7')).statusCode).toBe(429);
  });

  it('gets in with the right password however often somebody at the same address failed', async () => {
    for (let attempt = 0; attempt < 50; attempt += 1) await desk('desk:wrong');
    expect((await desk('desk:third-secret')).statusCode).toBe(200);
    expect((await desk('desk:wrong', '192.0.2.2')).statusCode).toBe(401);
  });

  it('shows in the log which business unit called and with which of its credentials', async () => {
    await desk('new-desk:second-secret');
    expect(gateway.log()).toMatch(
      /"credential":"new-desk","caller":"back-office","businessUnit":"nanovest",.*"status":200,"ms":[\d.]+/,
    );
    expect(gateway.log()).not.toContain('second-secret');
  });

  it('leaves neither user name nor password of a failed try in the log', async () => {
    await desk('guessed-user:guessed-password');
    expect(gateway.log()).toContain('credentials refused');
    expect(gateway.log()).not.toMatch(/guessed|Z3Vlc3N/);
  });

  it('shows in the metrics by outcome', async () => {
    await desk('desk:third-secret');
    await desk('desk:wrong');
    const metrics = await gateway.metrics();
    expect(metrics).toContain('basic_authentication_total{realm="back-office",outcome="accepted"} 1');
    expect(metrics).toContain('basic_authentication_total{realm="back-office",outcome="refused"} 1');
    expect(metrics).toContain(
      'credentials_refused_total{credential="back-office",reason="wrong_user_or_password",outcome="refused"} 1',
    );
  });
});

describe('credentials that two business units share', () => {
  it.each(['API_CREDENTIALS', 'OTP_WEBHOOK_CREDENTIALS'])('in %s stop the boot', (variable) => {
    const environment = {
      BUSINESS_UNITS: 'nanovest,sim-invest',
      [`BU_NANOVEST_${variable}`]: 'a:1,b:2',
      [`BU_SIM_INVEST_${variable}`]: 'c:3,b:2',
    };
    const registry = loadSettings([businessUnitSettings], readBusinessUnits(environment), environment);
    const settings = registry.of(businessUnitSettings);
    expect(() => new BusinessUnits(settings)).toThrow(
      expect.objectContaining({
        problems: [`BU_NANOVEST_${variable} and BU_SIM_INVEST_${variable} share a user and password`],
      }),
    );
  });
});
