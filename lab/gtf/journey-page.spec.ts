import { labCredentials } from '../credentials';
import { BusinessUnit, Clock, send, startLab, type Answer } from './gtf-client.fixture';
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

const dataOf = ({ json }: Answer): Record<string, unknown> => json['data'] as Record<string, unknown>;
async function launchUrl(): Promise<string> {
  return dataOf(await unit.initiateSiv({ source: 'WEB_SDK' }))['launchUrl'] as string;
}
const press = (url: string, form: Record<string, string>): Promise<Answer> =>
  send(url, { method: 'POST', body: new URLSearchParams(form) });

describe('the launch page', () => {
  it('is a form with three ways to end', async () => {
    const page = await send(await launchUrl());
    expect(page.headers.get('content-type')).toContain('text/html');
    for (const outcome of ['VALID', 'INVALID', 'LEAVE']) expect(page.text).toContain(`value="${outcome}"`);
    expect(lab.submissions()[0]).toMatchObject({ status: 'INITIATED', partnerSessionId: unit.session });
  });

  it.each([
    ['VALID', 'VALID', null],
    ['INVALID', 'INVALID', 'DUKCAPIL_REJECTED'],
  ])('finishes as %s and sends the browser back with COMPLETED', async (outcome, result, reasonCode) => {
    const answer = await press(await launchUrl(), { outcome, nik: '3171234567890001', scenario: '' });
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      `http://myserver.com/success-page?status=COMPLETED&partner_session_id=${unit.session}`,
    ]);
    const id = lab.submissions()[0]?.id ?? '';
    await lab.settle(id);
    expect(lab.submissions()[0]).toMatchObject({ status: 'COMPLETED', result, reasonCode });
    expect((await send(`${lab.url}/web/${lab.flows()[0]?.launchId}`)).text).toContain('finished');
  });

  it('lets the person leave, and come back', async () => {
    const url = await launchUrl();
    const left = await press(url, { outcome: 'LEAVE' });
    expect(left.headers.get('location')).toBe(
      `http://myserver.com/failure-page?status=ERROR&partner_session_id=${unit.session}&error_code=USER_CANCELLED`,
    );
    expect(lab.submissions()[0]?.status).toBe('INITIATED');
    await press(url, { outcome: 'VALID' });
    expect(lab.submissions()).toHaveLength(1);
    expect(lab.submissions()[0]?.status).toBe('IN_PROGRESS');
  });

  it('times out', async () => {
    const url = await launchUrl();
    clock.advance(5_184_000);
    expect((await send(url)).headers.get('location')).toContain('error_code=SESSION_TIMEOUT');
    expect((await send(`${lab.url}/web/unknown`)).status).toBe(404);
  });
});

describe('a journey in the SDK', () => {
  it('can be finished over HTTP for programs of their own', async () => {
    await unit.initiateSiv();
    const answer = await send(`${lab.url}/lab/journeys/${unit.session}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ outcome: 'VALID', nik: '3171234567890001' }),
    });
    const id = answer.json['submissionId'];
    await lab.settle(String(id));
    expect(dataOf(await unit.sivDetails())).toMatchObject({
      submissionId: id,
      submissionDetails: { ktpData: { nik: '3171234567890001' } },
    });
  });

  it('cannot be finished before it was initiated', () => {
    expect(() => lab.finishSdkJourney('nobody')).toThrow('no journey was initiated');
  });

  it('exists for COE as well', async () => {
    const answer = await send(`${lab.url}/coe-partner/v1/initiate-flow`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-onekyc-token': await unit.token('v1/coe/partner'),
        'x-onboarding-partner': labCredentials('nanovest').gtf.coeOnboardingPartner,
        'x-partner-session-id': unit.session,
        ...unit.user,
      },
      body: JSON.stringify({ flow: 'STANDALONE_LIVENESS', source: 'SDK' }),
    });
    expect(answer.status).toBe(200);
    const id = lab.finishSdkJourney(unit.session, { outcome: 'LIVENESS_CHECK_FAILED' });
    await lab.settle(id);
    expect(dataOf(await unit.details(id))).toMatchObject({
      result: 'INVALID',
      reasonCode: 'NOT_LIVE',
      submissionDetails: { verificationResults: { liveness: { result: false } } },
    });
  });
});
