import { labCredentials } from '../credentials';
import { FakeGateway } from '../fake-gateway.fixture';
import { startVerihubsLab, type VerihubsLab } from './index';

const NANOVEST = labCredentials('nanovest').verihubs;

describe('Verihubs in the lab', () => {
  let lab: VerihubsLab;
  let gateway: FakeGateway;

  beforeEach(async () => {
    gateway = await FakeGateway.start();
    lab = await startVerihubsLab({
      host: '127.0.0.1',
      port: 0,
      units: ['nanovest', 'siminvest'],
      now: () => new Date('2026-11-22T08:00:00Z'),
    });
    lab.receipts.delayMs = 1;
  });
  afterEach(async () => {
    await lab.close();
    await gateway.close();
  });

  const send = (change: object = {}, apiKey = NANOVEST.apiKey): Promise<Response> =>
    fetch(`${lab.url}/v2/otp/send`, {
      method: 'POST',
      headers: { 'App-ID': NANOVEST.appId, 'API-Key': apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({
        msisdn: '6281234567890',
        otp: '123456',
        template: '$OTP is your code',
        ...change,
      }),
    });

  it('sends a business unit’s code in its own words', async () => {
    const answer = await send();
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({
      message: 'OTP sent successfully',
      session_id: lab.messages()[0]?.id,
      msisdn: '6281234567890',
    });
    expect(lab.messages()).toMatchObject([
      { unit: 'nanovest', to: '6281234567890', text: '123456 is your code' },
    ]);
  });

  it('calls back with the message and its status', async () => {
    await send({ callback_url: `${gateway.url}/callback` });
    await gateway.waitForRequests(1);
    expect(gateway.requests[0]?.path).toBe(`/callback?session_id=${lab.messages()[0]?.id}&status=1`);
  });

  it.each([
    ['an invalid number', { msisdn: 'x' }, 400],
    ['a text without a place for the code', { template: 'your code' }, 400],
    ['the sandbox’s number without quota', { msisdn: '6282123060004' }, 403],
    ['the sandbox’s blocked number', { msisdn: '6282123060005' }, 409],
    ['the sandbox’s number asked too often', { msisdn: '6282123060006' }, 429],
  ])('refuses %s', async (_what, change, status) => {
    expect((await send(change)).status).toBe(status);
    expect(lab.messages()).toEqual([]);
  });

  it('refuses a wrong key', async () => {
    expect((await send({}, 'wrong')).status).toBe(401);
  });
});
