import { Webhook } from 'standardwebhooks';
import { labCredentials } from '../credentials';
import { startUnitBackEndLab, type UnitBackEndLab } from '.';

describe('the unit’s own back end', () => {
  let lab: UnitBackEndLab;
  beforeAll(async () => {
    const place = { host: 'localhost', port: 0, units: ['nanovest'], now: () => new Date() };
    lab = await startUnitBackEndLab(place, () => []);
  });
  afterAll(() => lab.close());

  const BODY = JSON.stringify({ type: 'kyc.opened', timestamp: '', data: { seq: 1 } });

  function post(secret = labCredentials('nanovest').eventsSecret): Promise<Response> {
    const now = new Date();
    return fetch(`${lab.url}/events/nanovest`, {
      method: 'POST',
      signal: AbortSignal.timeout(1_000),
      headers: {
        'content-type': 'application/json',
        'webhook-id': 'one',
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign('one', now, BODY),
      },
      body: BODY,
    });
  }

  it('shows what came, and whether it is genuine', async () => {
    expect((await post()).status).toBe(200);
    expect((await post(labCredentials('siminvest').eventsSecret)).status).toBe(401);
    expect(lab.events().map(({ type, isGenuine }) => [type, isGenuine])).toEqual([
      ['kyc.opened', true],
      ['kyc.opened', false],
    ]);
    const page = await (await fetch(lab.url)).text();
    expect(page).toContain('verified');
    expect(page).toContain('forged');
    const response = await fetch(`${lab.url}/api/events`);
    expect(await response.json()).toHaveLength(2);
  });

  it('answers as the buttons of its page say', async () => {
    const press = (answer: string): Promise<Response> =>
      fetch(`${lab.url}/answer`, { method: 'POST', body: new URLSearchParams({ answer }) });
    for (const status of [500, 410, 200]) {
      expect((await press(String(status))).status).toBe(200);
      expect((await post()).status).toBe(status);
    }
    await press('hang');
    await expect(post()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect((await press('something else')).status).toBe(400);
  });
});
