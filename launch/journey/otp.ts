import { randomInt } from 'node:crypto';
import { eventually } from './client';
import { expectStatus, expectThat, textOf } from './story';
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
    const id = await story.step(`POST /v1/webhooks/otp  a code by ${channel}`, async () => {
      const answer = expectStatus(
        await world.otpSender.post('/v1/webhooks/otp', { identifier, otp, channel }),
        200,
      );
      return [textOf(answer, 'id'), '200 accepted'];
    });
    if (id === undefined) continue;
    await story.step(`the person's ${channel} inbox`, async () => {
      const has = ({ body }: { body: Record<string, unknown> }): boolean =>
        (body['data'] as { channel: string; text: string }[]).some(
          (m) => m.channel === channel && m.text.includes(otp),
        );
      const answer = await eventually(() => world.inbox.get('/api/messages'), has);
      expectThat(has(answer), 'the code did not arrive');
      return [undefined, 'the code is there'];
    });
    await story.step(`GET /v1/otp-deliveries/{id}  what the back office sees`, async () => {
      const done = (status: unknown): boolean => ['accepted', 'delivered', 'read'].includes(String(status));
      const path = `/v1/otp-deliveries/${id}`;
      const answer = await eventually(
        () => world.backOffice.get(path),
        ({ body }) => done(body['status']),
      );
      expectStatus(answer, 200);
      expectThat(done(answer.body['status']), `status is ${String(answer.body['status'])}`);
      expectThat(!JSON.stringify(answer.body).includes(otp), 'the code is shown');
      return [undefined, `200 ${String(answer.body['status'])}, to ${String(answer.body['identifier'])}`];
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
    expectStatus(await world.backOffice.post('/v1/otp-limits/reset', { identifier }), 204);
    expectThat((await ask()) === 200, 'the number is still refused');
    return [undefined, '204, and the next code is accepted'];
  });
}
