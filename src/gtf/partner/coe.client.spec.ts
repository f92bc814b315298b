import type { PartnerHttpClients, PartnerRequest, PartnerResponse } from '../../platform/outbound';
import type { Log } from '../../platform/logging';
import { type PlatformSettings, Secret } from '../../platform/config';
import { Clock, Deadline } from '../../platform/time';
import type { GtfAccounts } from '../gtf-accounts.service';
import { CoeClient } from './coe.client';
import { GtfApiClient } from './gtf-api.client';

const IDS = {
  businessUnit: 'nanovest',
  userId: 'user-1',
  partnerSessionId: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11',
  sdkSessionId: 'b719f79b-ae7a-440a-8f9c-05f661ca34e7',
};
const ACCOUNT = {
  family: 'coe',
  partner: 'GTF COE',
  businessUnit: 'nanovest',
  clientId: 'client',
  passKey: new Secret('pass'),
  tokenBaseUrl: 'https://token.gtf.example',
  baseUrl: 'https://gtf.example',
  onboardingPartner: 'CLIENT_X-SDK-COE',
  userIdType: 'ID',
};

class Gtf {
  readonly sent: PartnerRequest[] = [];

  constructor(readonly data: unknown = { token: 'sdk-token', expirySeconds: '600' }) {}

  send(request: PartnerRequest): Promise<PartnerResponse> {
    this.sent.push(request);
    const body = Buffer.from(JSON.stringify({ success: true, data: this.data }));
    return Promise.resolve({ status: 200, headers: {}, body });
  }
}

function clientOf(
  gtf: Gtf,
  tokens: Pick<Gtf, 'send'> = new Gtf({ token: 'partner-token' }),
  NODE_ENV: 'production' | 'development' = 'production',
): CoeClient {
  const clients = { create: ({ partner }: { partner: string }) => (partner === 'GTF COE' ? gtf : tokens) };
  const accounts = { all: [ACCOUNT], demand: () => ACCOUNT } as unknown as GtfAccounts;
  const platform = { values: { NODE_ENV, PARTNER_TIMEOUT_MS: 1_000 } } as PlatformSettings;
  const api = new GtfApiClient(
    clients as unknown as PartnerHttpClients,
    accounts,
    new Clock(),
    { alarm: () => undefined } as unknown as Log,
    platform,
  );
  return new CoeClient(accounts, api, {} as ConstructorParameters<typeof CoeClient>[2]);
}

describe('starting a COE flow', () => {
  it('sends what GTF documents, and nothing that was left out', async () => {
    const gtf = new Gtf();
    const launch = await clientOf(gtf).initiate(
      IDS,
      { flow: 'KTP_SCAN', source: 'SDK', theme: 'DARK_MODE', userLocale: 'en_ID', portraitOnly: true },
      Deadline.after(1_000),
    );
    expect(launch).toEqual({ sdkToken: 'sdk-token', lifeMs: 600_000 });
    const [request] = gtf.sent;
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://gtf.example/coe-partner/v1/initiate-flow',
      headers: {
        'x-onekyc-token': 'partner-token',
        'x-onboarding-partner': 'CLIENT_X-SDK-COE',
        'x-partner-user-id': 'user-1',
        'x-partner-user-id-type': 'ID',
        'x-partner-session-id': IDS.partnerSessionId,
      },
    });
    expect(request?.repeatable).toBe(true);
    expect(JSON.parse(request?.body as string)).toEqual({
      flow: 'KTP_SCAN',
      source: 'SDK',
      theme: 'DARK_MODE',
      additionalDetails: { userLocale: 'en_ID', portraitOnly: true },
    });
  });

  it.each([
    ['says nothing', {}],
    ['has a page for the SDK', { launchUrl: 'https://gtf.example/web/1' }],
  ])('fails when the answer %s', async (_why, data) => {
    const gtf = new Gtf(data);
    const start = clientOf(gtf).initiate(IDS, { flow: 'KTP_SCAN', source: 'SDK' }, Deadline.after(1_000));
    await expect(start).rejects.toMatchObject({ fault: 'error' });
  });

  it('fails with the form of the answer that refuses the credentials', async () => {
    const body = Buffer.from('{"success":false,"errors":[{"cause":"UNAUTHORIZED"}]}');
    const tokens = { send: () => Promise.resolve({ status: 401, headers: {}, body }) };
    const order = { flow: 'KTP_SCAN', source: 'SDK' } as const;
    const start = clientOf(new Gtf(), tokens).initiate(IDS, order, Deadline.after(1_000));
    const failure = { fault: 'error', publicCode: 'UNAUTHORIZED', cause: 'HTTP 401, JSON' };
    await expect(start).rejects.toMatchObject(failure);
  });

  it.each([
    ['production', 'https://gtf.example/web/1', true],
    ['production', 'http://gtf.example/web/1', false],
    ['production', 'http://localhost:3100/web/1', false],
    ['development', 'http://gtf.example/web/1', false],
    ['development', 'http://localhost:3100/web/1', true],
  ] as const)('in %s sends a person to %s: %s', async (environment, launchUrl, isSafe) => {
    const gtf = new Gtf({ launchUrl, expirySeconds: 600 });
    const order = { flow: 'KTP_SCAN', source: 'WEB_SDK' } as const;
    const start = clientOf(gtf, undefined, environment).initiate(IDS, order, Deadline.after(1_000));
    if (isSafe) await expect(start).resolves.toMatchObject({ launchUrl });
    else await expect(start).rejects.toMatchObject({ fault: 'error' });
  });
});
