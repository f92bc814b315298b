import { type Answer, eventually } from './client';
import { expectThat, textOf } from './story';
import { newNik, newPhoneNumber, type World } from './world';

interface Heard {
  readonly id: string;
  readonly type: string;
  readonly isGenuine: boolean;
  readonly answer: string;
  readonly data: { readonly submissionId?: string | null };
}

interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly status: string;
  readonly attempts: readonly { readonly status: number | null }[];
}

/** The unit's own back end hears of everything: it asks, and it is told. */
export async function eventsJourney(world: World): Promise<void> {
  const { story, backOffice, unitBackEnd } = world;
  story.chapter('The unit’s own back end hears of everything');
  const last = await newest(world);
  const waiting = backOffice.get(`/v1/events?after=${last}&wait=10`);
  const told = await handIn(world);
  if (told === undefined) return;
  await story.call('GET /v1/events?after=&wait=10  answered by the next event', waiting, 200, ({ data }) => {
    const types = (data as { type: string }[]).map(({ type }) => type);
    expectThat(types.length > 0, 'it was answered with nothing');
    return types.join(', ');
  });
  await story.step('the webhook at the unit’s own back end, signature verified', async () => {
    const [event] = of(told, await eventually(() => unitBackEnd.get('/api/events'), has(told)));
    expectThat(event?.isGenuine === true, 'it did not come, or is forged');
    return [undefined, String(event?.type)];
  });
  await refused(world);
}

/** It answers 500: the event waits, and arrives under the same id. */
async function refused({ story, backOffice, unitBackEnd, ...world }: World): Promise<void> {
  await unitBackEnd.submit('/answer', { answer: '500' });
  const refused = await handIn({ story, backOffice, unitBackEnd, ...world });
  const id = of(refused ?? '', await eventually(() => unitBackEnd.get('/api/events'), has(refused)))[0]?.id;
  const mine = ({ body }: Answer): Delivery | undefined =>
    (body['data'] as Delivery[]).find(({ eventId }) => eventId === id);
  const pending = eventually(
    () => backOffice.get('/v1/event-deliveries?status=pending'),
    (answer) => mine(answer) !== undefined,
  );
  const asked = 'GET /v1/event-deliveries?status=pending  after an answer of 500';
  const list = await story.call(asked, pending, 200, (body) => {
    const delivery = mine({ status: 200, body });
    expectThat(delivery?.attempts[0]?.status === 500, 'the try is not listed');
    return `${String(delivery?.type)}, tried again by itself`;
  });
  await unitBackEnd.submit('/answer', { answer: '200' });
  const delivery = list && mine({ status: 200, body: list });
  const retry = backOffice.post(`/v1/event-deliveries/${delivery?.id ?? ''}/retry`);
  await story.call('POST /v1/event-deliveries/{id}/retry  it answers 200 again', retry, 202, ({ status }) =>
    String(status),
  );
  await story.step('the same event under the same id', async () => {
    const taken = (answer: Answer): boolean =>
      of(refused ?? '', answer).some((event) => event.id === id && event.answer === '200');
    expectThat(taken(await eventually(() => unitBackEnd.get('/api/events'), taken)), 'it did not come again');
    return [undefined, 'taken'];
  });
}

/** Something that happens in the unit. */
async function handIn({ story, backOffice }: World): Promise<string | undefined> {
  const person = { fullName: 'JOHN DOE', nik: newNik(), dateOfBirth: '1990-02-18', email: '' };
  const request = backOffice.post('/v1/common-kyc', { phoneNumber: newPhoneNumber(), ...person });
  const submission = await story.call('POST /v1/common-kyc  something happens', request, 202, () => '');
  return submission && textOf(submission, 'submissionId');
}

async function newest({ backOffice }: World): Promise<number> {
  let after = 0;
  for (;;) {
    const { body } = await backOffice.get(`/v1/events?after=${after}`);
    if ((body['data'] as unknown[]).length === 0) return after;
    after = Number(body['nextAfter']);
  }
}

function of(submissionId: string, { body }: Answer): Heard[] {
  return (body['data'] as Heard[]).filter(({ data }) => data.submissionId === submissionId);
}

function has(submissionId: string | undefined): (answer: Answer) => boolean {
  return (answer) => of(submissionId ?? '', answer).length > 0;
}
