import { randomInt } from 'node:crypto';
import { type Answer, eventually } from './client';
import { expectThat, textOf } from './story';
import { newPhoneNumber, type World } from './world';

/** SIMAS-ID hands over codes; people find them in their mailbox and on their phone. */
export async function otpJourney(world: World): Promise<void> {
  const { story } = world;
  story.chapter('One-time passwords (SIMAS-ID → gateway → person)');
  await delivery(world);
  await limits(world);
}

async function delivery(world: World): Promise<void> {
  const { story } = world;
  const number = newPhoneNumber();
  const people = [
    ['email', `person${number}@example.com`],
    ['whatsapp', number],
    ['sms', `0${number.slice(2, -1)}9`],
  ] as const;
  for (const [channel, identifier] of people) {
    const otp = String(randomInt(100_000, 999_999));
    const accepted = await story.call(
      `POST /v1/webhooks/otp  a code by ${channel}`,
      world.otpSender.post('/v1/webhooks/otp', { identifier, otp, channel }),
      200,
      () => 'accepted',
    );
    if (accepted === undefined) continue;
    await story.step(`the person's ${channel} inbox`, async () => {
      const has = ({ body }: Answer): boolean =>
        (body['data'] as { channel: string; text: string }[]).some(
          (m) => m.channel === channel && m.text.includes(otp),
        );
      const answer = await eventually(() => world.inbox.get('/api/messages'), has);
      expectThat(has(answer), 'the code did not arrive');
      return [undefined, 'the code is there'];
    });
    const done = ({ status }: Answer['body']): boolean =>
      ['accepted', 'delivered', 'read'].includes(String(status));
    const delivery = eventually(
      () => world.backOffice.get(`/v1/otp-deliveries/${textOf(accepted, 'id')}`),
      ({ body }) => done(body),
    );
    const asked = 'GET /v1/otp-deliveries/{id}  what the back office sees';
    await story.call(asked, delivery, 200, (body) => {
      expectThat(done(body), `status is ${String(body['status'])}`);
      expectThat(!JSON.stringify(body).includes(otp), 'the code is shown');
      return `${String(body['status'])}, to ${String(body['identifier'])}`;
    });
  }
}

const CODES_AT_MOST = 20;

/** Somebody asks for codes for a number until its limits say no; the back office lets the person in again. */
async function limits(world: World): Promise<void> {
  const { story } = world;
  const identifier = newPhoneNumber();
  const ask = async (): Promise<number> => {
    const otp = String(randomInt(100_000, 999_999));
    return (await world.otpSender.post('/v1/webhooks/otp', { identifier, otp, channel: 'sms' })).status;
  };
  await story.step('POST /v1/webhooks/otp  too many codes for one number', async () => {
    let codes = 0;
    while (codes < CODES_AT_MOST && (await ask()) === 200) codes += 1;
    expectThat(codes < CODES_AT_MOST, 'no limit');
    return [undefined, `429 after ${codes} codes`];
  });
  await story.step('POST /v1/otp-limits/reset  the back office lets it be sent to again', async () => {
    const { status } = await world.backOffice.post('/v1/otp-limits/reset', { identifier });
    expectThat(status === 204, `expected 204, got ${status}`);
    expectThat((await ask()) === 200, 'the number is still refused');
    return [undefined, '204, and the next code is accepted'];
  });
}
