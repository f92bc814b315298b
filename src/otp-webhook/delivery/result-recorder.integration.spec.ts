import { newCode, OtpDesk } from '../../../test/support/otp-desk';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';
import { DeliveryRepository } from './delivery.repository';
import { ResultRecorder } from './result-recorder.service';

let gateway: InProcessGateway;
let desk: OtpDesk;

beforeAll(async () => {
  gateway = await startInProcessGateway();
  desk = new OtpDesk(gateway);
  gateway.lab.whatsapp.receipts.usually([]);
  gateway.lab.twilio.receipts.usually([]);
});
afterAll(() => gateway.close());
afterEach(() => jest.restoreAllMocks());

/** A WhatsApp message that was taken and of which nothing is reported by itself. */
async function sentByWhatsapp(): Promise<{ id: string; wamid: string; otp: string }> {
  const otp = newCode();
  const id = await desk.send({ channel: 'whatsapp', otp });
  await desk.when(id, 'accepted');
  const { id: wamid } = await gateway.lab.whatsapp.waitForMessage(({ code }) => code === otp);
  return { id, wamid, otp };
}

describe('A person who is not on WhatsApp', () => {
  it('gets one SMS when acting upon what Meta said went wrong, and Meta says it again', async () => {
    const { id, wamid, otp } = await sentByWhatsapp();
    const failure = new Error('the process ended here');
    jest.spyOn(gateway.app.get(ResultRecorder), 'failedLate').mockRejectedValueOnce(failure);
    const say = async (): Promise<number> =>
      (await gateway.lab.whatsapp.pushStatus('nanovest', wamid, { status: 'failed', errorCode: 131_026 }))
        .status;
    expect([await say(), await say(), await say()]).toEqual([500, 200, 200]);
    expect(await desk.tried(id, 2)).toMatchObject({
      status: 'accepted',
      attempts: [
        { channel: 'whatsapp', outcome: 'recipient', errorCode: '131026', receipt: 'failed' },
        { channel: 'sms', outcome: 'accepted' },
      ],
    });
    expect(gateway.lab.twilio.messages().filter(({ text }) => text.includes(otp))).toHaveLength(1);
  });

  describe('when Meta says so before its own answer is noted', () => {
    /** Notes the answer only after Meta's receipt, and lets the next step fail if told so. */
    async function reportedEarly(nextStepFails: boolean): Promise<string> {
      const attempts = gateway.app.get(DeliveryRepository);
      const record = attempts.record.bind(attempts);
      let goOn = (): void => undefined;
      const reported = new Promise<void>((resolve) => (goOn = resolve));
      const spy = jest.spyOn(attempts, 'record');
      spy.mockImplementationOnce((...end) => reported.then(() => record(...end)));
      if (nextStepFails) spy.mockRejectedValueOnce(new Error('the process ended here'));
      const otp = newCode();
      const id = await desk.send({ channel: 'whatsapp', otp });
      const { id: wamid } = await gateway.lab.whatsapp.waitForMessage(({ code }) => code === otp);
      const failed = { status: 'failed', errorCode: 131_026 };
      expect((await gateway.lab.whatsapp.pushStatus('nanovest', wamid, failed)).status).toBe(200);
      goOn();
      return id;
    }

    it('gets the code by SMS', async () => {
      expect(await desk.tried(await reportedEarly(false), 2)).toMatchObject({
        attempts: [
          { channel: 'whatsapp', outcome: 'recipient', errorCode: '131026', receipt: 'failed' },
          { channel: 'sms', outcome: 'accepted' },
        ],
      });
    });

    it('is not forgotten when the process ends in between: another one takes over', async () => {
      const id = await reportedEarly(true);
      await desk.tried(id, 1);
      await desk.sql('UPDATE otp_delivery SET due_at = now() WHERE id = $1', [id]);
      expect(await desk.tried(id, 2)).toMatchObject({
        attempts: [{ outcome: 'recipient', receipt: 'failed' }, { outcome: 'accepted' }],
      });
    });
  });
});
