import { handedIn } from './back-office';
import type { World } from './world';

interface Events {
  readonly data: readonly { readonly type: string }[];
  readonly nextAfter: number;
}

/** As the unit's own back end of the lab tells of them. */
interface Heard {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly submissionId?: string | null };
}

interface Deliveries {
  readonly data: readonly { readonly id: string; readonly eventId: string }[];
}

/** The unit's own back end hears of everything: it asks, and it is told. */
export function eventsJourney(world: World): Promise<void> {
  const { story, backOffice } = world;
  return story.chapter('The unit’s own back end hears of everything', async () => {
    const [, submissionId] = await Promise.all([
      backOffice.call<Events>('GET /v1/events?after={after}&wait=10  answered by the next event', {
        at: { after: await newestEvent(world) },
        has: { data: ({ length }: object[]) => length > 0 },
        shows: ({ data }) => data.map(({ type }) => type).join(', '),
      }),
      somethingHappens(world),
    ]);
    await story.step('the webhook at the unit’s own back end, signature verified', async () => {
      const { type } = await heardOf(world, { data: { submissionId }, isGenuine: true });
      return [undefined, type];
    });
    await refusal(world);
  });
}

/** It answers 500: the event waits, and arrives under the same id. */
async function refusal(world: World): Promise<void> {
  const { story, backOffice, unitBackEnd } = world;
  const answers = (answer: string): Promise<unknown> =>
    unitBackEnd.send('POST', '/answer', new URLSearchParams({ answer }));
  await answers('500');
  const data = { submissionId: await somethingHappens(world) };
  const { id } = await heardOf(world, { data });
  const waits = 'GET /v1/event-deliveries?status=pending  after an answer of 500';
  const becomes = { data: [{ eventId: id, attempts: [{ status: 500 }] }] };
  const pending = await backOffice.call<Deliveries>(waits, { becomes });
  await answers('200');
  const delivery = pending.data.find(({ eventId }) => eventId === id);
  const retry = 'POST /v1/event-deliveries/{id}/retry  it answers 200 again';
  await backOffice.call(retry, { at: { id: delivery?.id ?? '' }, status: 202 });
  await story.step('the same event under the same id', async () => {
    await heardOf(world, { id, data, answer: '200' });
    return [undefined, 'taken'];
  });
}

/** The first event of a submission among those that the unit's own back end was told of, once there is such a one. */
async function heardOf(
  { unitBackEnd }: World,
  wanted: { readonly data: { readonly submissionId: string }; readonly [property: string]: unknown },
): Promise<Heard> {
  const [all] = await unitBackEnd.ask<readonly Heard[]>('GET /api/events', { becomes: [wanted] });
  const event = all.find(({ data }) => data.submissionId === wanted.data.submissionId);
  if (event === undefined) throw new Error('it did not come');
  return event;
}

/** The submission that it happens to. */
async function somethingHappens({ backOffice }: World): Promise<string> {
  const call = { body: handedIn(), status: 202 };
  const happens = 'POST /v1/common-kyc  something happens';
  return (await backOffice.call<{ submissionId: string }>(happens, call)).submissionId;
}

async function newestEvent({ backOffice }: World): Promise<string> {
  for (let after = 0; ;) {
    const { body } = await backOffice.send<Events>('GET', `/v1/events?after=${after}`);
    if (body.data.length === 0) return String(after);
    after = body.nextAfter;
  }
}
