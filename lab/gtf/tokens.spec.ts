import { BusinessUnit, Clock, startLab, type Answer, type TokenCall } from './gtf-client.fixture';
import type { GtfLab } from './index';

let lab: GtfLab;
let clock: Clock;
let unit: BusinessUnit;

beforeEach(async () => {
  clock = new Clock();
  lab = await startLab(clock);
  unit = new BusinessUnit(lab);
});
afterEach(() => lab.close());

const errorsOf = ({ json }: Answer): unknown => json['errors'];
const LIFETIMES: [TokenCall, string][] = [
  ['v1/coe/partner', '3600'],
  ['v1/esign/partner', '1800'],
  ['v2/coe', '5184000'],
];

describe('the token calls', () => {
  it.each(LIFETIMES)('%s gives a JWT for %s s, in strings and snake_case', async (call, seconds) => {
    const { status, json } = await unit.authenticate(call);
    expect(status).toBe(200);
    expect(json).toEqual({
      success: true,
      data: {
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        expiry_seconds: seconds,
        expires_at: String(Math.floor(clock.now().getTime() / 1000) + Number(seconds)),
      },
    });
    const { token } = json['data'] as { token: string };
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number;
      iat: number;
    };
    expect(payload.exp - payload.iat).toBe(Number(seconds));
  });

  it('give numbers and camelCase with the quirks off', async () => {
    lab.behaviour.quirks = false;
    const { json } = await unit.authenticate('v2/coe');
    expect(json['data']).toMatchObject({ expirySeconds: 5_184_000, expiresAt: expect.any(Number) });
  });

  it('name what is missing, several errors at once', async () => {
    const empty = { 'client-id': '', 'pass-key': '' };
    expect(await unit.authenticate('v1/coe/partner', empty)).toMatchObject({
      status: 400,
      json: {
        success: false,
        errors: [
          { code: '1539', cause: 'CLIENT_ID_CAN_NOT_BE_EMPTY' },
          { code: '1539', cause: 'PASS_KEY_CAN_NOT_BE_EMPTY' },
        ],
      },
    });
    expect(errorsOf(await unit.authenticate('v1/esign/partner', empty))).toEqual([
      { code: '1650', cause: 'MISSING_CLIENT_ID' },
      { code: '1650', cause: 'MISSING_PASS_KEY' },
    ]);
    expect(errorsOf(await unit.authenticate('v2/coe', empty))).toEqual([
      { code: 1539, cause: 'MISSING_CLIENT_ID_OR_PASS_KEY', entity: 'ONEKYC_TOKEN_SERVICE' },
    ]);
    expect((await unit.authenticate('v2/coe', { 'x-partner-user-id': '' })).status).toBe(400);
  });

  it.each([
    ['v1/coe/partner', '110'],
    ['v1/esign/partner', '110'],
    ['v2/coe', 110],
  ] as const)('%s refuses a wrong pass key with code %p', async (call, code) => {
    const answer = await unit.authenticate(call, { 'pass-key': 'wrong' });
    expect(answer).toMatchObject({ status: 401, json: { errors: [{ code, cause: 'UNAUTHORIZED' }] } });
  });

  it("refuse another unit's onboarding partner", async () => {
    const answer = await unit.authenticate('v2/coe', { 'x-onboarding-partner': 'SOMEBODY-SDK-COE_KTP_SCAN' });
    expect(answer).toMatchObject({
      status: 403,
      json: { errors: [{ cause: 'ONBOARDING_PARTNER_DOES_NOT_BELONG_TO_CLIENT' }] },
    });
  });

  it('write every code as a string with the quirks off', async () => {
    lab.behaviour.quirks = false;
    expect(errorsOf(await unit.authenticate('v2/coe', { 'pass-key': 'wrong' }))).toMatchObject([
      { code: '110' },
    ]);
  });
});

describe('a token', () => {
  const urls = '/coe/v1/submissions/urls?submissionType=KTP_SCAN';

  it('opens its own family only', async () => {
    for (const call of ['v1/coe/partner', 'v1/esign/partner'] as const) {
      const token = await unit.token(call);
      expect(await unit.coe('GET', urls, undefined, { 'x-onekyc-token': token })).toMatchObject({
        status: 401,
        json: { errors: [{ code: '110', cause: 'UNAUTHORIZED' }] },
      });
    }
    const userToken = await unit.token('v2/coe');
    expect((await unit.initiateSiv({}, { 'x-onekyc-token': userToken })).status).toBe(401);
  });

  it('ends when it says, when it was edited and when it was revoked', async () => {
    lab.behaviour.lifetimes.coeUserToken = 60;
    const token = await unit.token('v2/coe');
    const ask = async (value: string): Promise<number> =>
      (await unit.coe('GET', urls, undefined, { 'x-onekyc-token': value })).status;
    expect(await ask(token)).toBe(200);
    expect(await ask(`Bearer ${token}`)).toBe(401);
    expect(await ask(`${token.slice(0, -2)}xx`)).toBe(401);
    clock.advance(60);
    expect(await ask(token)).toBe(401);
    const fresh = await unit.token('v2/coe');
    lab.revokeTokens();
    expect(await ask(fresh)).toBe(401);
  });

  it('is counted by kind when it is asked for', async () => {
    await unit.token('v2/coe');
    await unit.token('v2/coe');
    await unit.token('v1/esign/partner');
    expect([
      lab.calls('user-token'),
      lab.calls('esign-partner-token'),
      lab.calls('coe-partner-token'),
    ]).toEqual([2, 1, 0]);
  });
});
