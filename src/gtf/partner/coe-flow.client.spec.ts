import { type PartnerRequest, type PartnerResponse } from '../../platform/outbound';
import { Clock, Deadline } from '../../platform/time';
import type { GtfAccounts } from '../gtf-accounts.service';
import { CoeFlowClient } from './coe-flow.client';
import type { GtfDoors } from './gtf-doors';
import type { GtfTokens } from './gtf-tokens';
import { Launches } from './launch';

const JOURNEY = {
  businessUnit: 'nanovest',
  userId: 'user-1',
  partnerSessionId: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11',
  sdkSessionId: 'b719f79b-ae7a-440a-8f9c-05f661ca34e7',
};
const ACCOUNT = { baseUrl: 'https://gtf.example', onboardingPartner: 'CLIENT_X-SDK-COE', userIdType: 'ID' };

class Door {
  readonly sent: PartnerRequest[] = [];
  answer: unknown = { success: true, data: { token: 'sdk-token', expirySeconds: '600' } };

  send(request: PartnerRequest): Promise<PartnerResponse> {
    this.sent.push(request);
    return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(this.answer)) });
  }
}

function clientBehind(door: Door): CoeFlowClient {
  const tokens = {
    coePartner: () => ({}),
    use: <T>(_grant: unknown, _deadline: unknown, call: (token: string) => Promise<T>) =>
      call('partner-token'),
  };
  const clock = new Clock();
  const settings = { values: { NODE_ENV: 'production' } };
  return new CoeFlowClient(
    { coe: () => ACCOUNT } as unknown as GtfAccounts,
    tokens as unknown as GtfTokens,
    { coe: door } as unknown as GtfDoors,
    clock,
    new Launches(clock, settings as ConstructorParameters<typeof Launches>[1]),
  );
}

describe('starting a COE flow', () => {
  it('sends what GTF documents, and nothing that was left out', async () => {
    const door = new Door();
    const launch = await clientBehind(door).initiate(
      JOURNEY,
      { flow: 'KTP_SCAN', source: 'SDK', theme: 'DARK_MODE', userLocale: 'en_ID', portraitOnly: true },
      Deadline.after(1_000),
    );
    expect(launch).toMatchObject({ sdkToken: 'sdk-token', launchUrl: null });
    const [request] = door.sent;
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://gtf.example/coe-partner/v1/initiate-flow',
      headers: {
        'x-onekyc-token': 'partner-token',
        'x-onboarding-partner': 'CLIENT_X-SDK-COE',
        'x-partner-user-id': 'user-1',
        'x-partner-user-id-type': 'ID',
        'x-partner-session-id': JOURNEY.partnerSessionId,
      },
    });
    expect(request?.repeatable).toBeUndefined();
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
    const door = new Door();
    door.answer = { success: true, data };
    const start = clientBehind(door).initiate(
      JOURNEY,
      { flow: 'KTP_SCAN', source: 'SDK' },
      Deadline.after(1_000),
    );
    await expect(start).rejects.toMatchObject({ fault: 'error' });
  });

  it('hands out no page that is not safe to open', async () => {
    const door = new Door();
    door.answer = { success: true, data: { launchUrl: 'http://gtf.example/web/1', expirySeconds: 600 } };
    const order = { flow: 'KTP_SCAN', source: 'WEB_SDK' } as const;
    const start = clientBehind(door).initiate(JOURNEY, order, Deadline.after(1_000));
    await expect(start).rejects.toMatchObject({ fault: 'error' });
  });
});
