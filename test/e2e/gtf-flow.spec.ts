import type { Response } from 'supertest';
import { GtfPerson } from '../support/gtf-person';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let person: GtfPerson;

beforeAll(async () => {
  gateway = await startTestGateway({ environment: { GTF_POLL_SCHEDULE: '1,2' } });
  person = new GtfPerson(gateway);
});
afterEach(() => {
  gateway.lab.gtf.faults.clear();
});
afterAll(async () => {
  await gateway?.close();
});

const WEB = {
  flow: 'STANDALONE_LIVENESS',
  source: 'WEB_SDK',
  successRedirectionUrl: 'https://nanovest.example/done',
  failureRedirectionUrl: 'https://nanovest.example/failed',
};
const SDK = { flow: 'KTP_SCAN', source: 'SDK' };

function start(body: object, who = person): Promise<Response> {
  return who.post('/v1/gtf/flows', body);
}

async function started(body: object): Promise<{ submissionId: string; partnerSessionId: string }> {
  const answer = await start(body);
  expect(answer.status).toBe(201);
  return answer.body as { submissionId: string; partnerSessionId: string };
}

describe('a COE flow in GTF’s own screens', () => {
  it('begins with a token for the SDK, and is verified once the person went through', async () => {
    const answer = await start(SDK);
    expect(answer.body).toEqual({
      submissionId: expect.any(String),
      partnerSessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sdkToken: expect.stringMatching(/^eyJ/),
      expiresAt: expect.any(String),
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    const { submissionId, partnerSessionId } = answer.body as Record<string, string>;
    expect(answer.headers['location']).toBe(`/v1/submissions/${submissionId}`);
    expect(await person.status(String(submissionId))).toBe('open');

    const atGtf = gateway.lab.gtf.finishSdkJourney(String(partnerSessionId));
    await person.becomes(String(submissionId), 'verified');
    const refreshed = await person.refresh(String(submissionId));
    expect(refreshed.body).toMatchObject({
      kind: 'gtf-coe',
      status: 'verified',
      partnerSubmissionId: atGtf,
    });
  });

  it('begins with a page to open', async () => {
    const answer = await start(WEB);
    expect(answer.body).toMatchObject({ launchUrl: expect.stringContaining(gateway.lab.urls.gtf) });
    expect(answer.body).not.toHaveProperty('sdkToken');
  });

  it('settles when the person asks, also when GTF’s callback came before we knew its id', async () => {
    const { submissionId, partnerSessionId } = await started(SDK);
    const atGtf = gateway.lab.gtf.finishSdkJourney(partnerSessionId, { outcome: 'FRAUD_REJECT' });
    await gateway.lab.gtf.settle(atGtf);
    const refreshed = await person.refresh(submissionId);
    expect(refreshed.body).toMatchObject({ status: 'declined', partnerSubmissionId: atGtf });
  });

  it('stays open, and nobody is verified, while the person has not begun', async () => {
    const { submissionId } = await started(SDK);
    const refreshed = await person.refresh(submissionId);
    expect(refreshed.body).toMatchObject({ status: 'open', partnerSubmissionId: null });
  });

  it('has nothing to upload and nothing to confirm', async () => {
    const { submissionId } = await started(SDK);
    expect((await person.upload(submissionId, 'KTP')).status).toBe(404);
    expect((await person.confirm(submissionId)).status).toBe(404);
  });

  it('goes on in a session of its own when GTF’s answer is lost', async () => {
    const before = gateway.lab.gtf.flows().length;
    gateway.lab.gtf.faults.next({ path: '/coe-partner/v1/initiate-flow', afterWork: true, reset: true });
    const { submissionId } = await started(SDK);
    const flows = gateway.lab.gtf.flows().slice(before);
    expect(flows).toHaveLength(2); // the lost one, and ours
    const [last] = flows.slice(-1);
    gateway.lab.gtf.finishSdkJourney(String(last?.partnerSessionId));
    await person.becomes(submissionId, 'verified');
  });

  it.each([
    ['a web page without redirects', { ...SDK, source: 'WEB_SDK' }],
    ['a redirect to a stranger', { ...WEB, successRedirectionUrl: 'https://evil.example/' }],
    ['an unknown flow', { ...SDK, flow: 'CERT_REG' }],
    ['an unknown source', { ...SDK, source: 'PAPER' }],
    ['an unknown theme', { ...SDK, theme: 'PINK' }],
    ['a reference image that is not fetched safely', { ...SDK, referenceImageUrl: 'http://a.example/1.jpg' }],
  ])('is refused for %s, and GTF is not asked', async (_why, body) => {
    const before = gateway.lab.gtf.calls('coe-initiate');
    const answer = await start(body);
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(gateway.lab.gtf.calls('coe-initiate')).toBe(before);
  });
});
