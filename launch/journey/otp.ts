import { randomInt } from 'node:crypto';
import { newPhoneNumber, type World } from './world';

const MAX_CODES = 20;

interface Code {
  readonly identifier: string;
  readonly otp: string;
  readonly channel: string;
}

function codeFor(identifier: string, channel: string): Code {
  return { identifier, otp: String(randomInt(100_000, 999_999)), channel };
}

/** SIMAS-ID hands over codes; people find them in their mailbox and on their phone. */
export function otpJourney(world: World): Promise<void> {
  return world.story.chapter('One-time passwords (SIMAS-ID → gateway → person)', async () => {
    const number = newPhoneNumber();
    await delivery(world, codeFor(`person${number}@example.com`, 'email'));
    await delivery(world, codeFor(number, 'whatsapp'));
    await delivery(world, codeFor(`0${number.slice(2, -1)}9`, 'sms'));
    await limits(world);
  });
}

async function delivery({ story, otpSender, inbox, backOffice }: World, code: Code): Promise<void> {
  const { otp, channel } = code;
  const sent = `POST /v1/webhooks/otp  a code by ${channel}`;
  const { id } = await otpSender.call<{ id: string }>(sent, { body: code });
  await story.step(`the person's ${channel} inbox`, async () => {
    const message = { channel, text: (text: string) => text.includes(otp) };
    await inbox.ask('GET /api/messages', { becomes: [message] });
    return [undefined, 'the code is there'];
  });
  await backOffice.call('GET /v1/otp-deliveries/{id}  what the back office sees', {
    at: { id },
    becomes: (body: { readonly status: string }) =>
      ['accepted', 'delivered', 'read'].includes(body.status) && !JSON.stringify(body).includes(otp),
    shows: ({ status, identifier }) => `${String(status)}, to ${String(identifier)}`,
  });
}

/** Somebody asks for codes for a number until its limits say no; the back office lets the person in again. */
async function limits({ story, otpSender, backOffice }: World): Promise<void> {
  const identifier = newPhoneNumber();
  const ask = async (): Promise<number> =>
    (await otpSender.send('POST', '/v1/webhooks/otp', codeFor(identifier, 'sms'))).status;
  await story.step('POST /v1/webhooks/otp  too many codes for one number', async () => {
    let codes = 0;
    while (codes < MAX_CODES && (await ask()) === 200) codes += 1;
    if (codes === MAX_CODES) throw new Error('no limit');
    return [undefined, `429 after ${codes} codes`];
  });
  await story.step('POST /v1/otp-limits/reset  the back office lets it be sent to again', async () => {
    await backOffice.ask('POST /v1/otp-limits/reset', { body: { identifier }, status: 204 });
    if ((await ask()) !== 200) throw new Error('the number is still refused');
    return [undefined, '204, and the next code is accepted'];
  });
}
