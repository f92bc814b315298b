import { expectThat } from './story';
import type { Person, World } from './world';

/** A person asks what is held about them, and then to be forgotten. */
export async function peopleJourney(world: World, person: Person): Promise<void> {
  const { story, backOffice } = world;
  story.chapter('A person asks what is held about them, and to be forgotten');
  const search = { phoneNumber: person.phoneNumber };
  const known = backOffice.post('/v1/people/search', search);
  const found = await story.call('POST /v1/people/search', known, 200, ({ data }) => {
    const [first] = data as { status: string }[];
    expectThat(first?.status === 'active', 'nobody is known by the number');
    return 'one person';
  });
  if (found === undefined) return;
  const path = `/v1/people/${(found['data'] as { id: string }[])[0]?.id ?? ''}`;
  await story.call(
    'GET /v1/people/{id}?purpose=  everything, to be handed over',
    backOffice.get(`${path}?purpose=access-request`),
    200,
    ({ records }) => {
      const { vault = [] } = records as Record<string, object[]>;
      expectThat(vault.length > 0, 'nothing of the person is in the vault');
      return `${vault.length} values in clear, and the reading is an event`;
    },
  );
  await story.call('DELETE /v1/people/{id}', backOffice.delete(path), 200, ({ status }) => String(status));
  const forgotten = backOffice.post('/v1/people/search', search);
  await story.call('POST /v1/people/search  for somebody who was forgotten', forgotten, 200, ({ data }) => {
    expectThat((data as object[]).length === 0, 'the number still leads to somebody');
    return 'nobody';
  });
}
