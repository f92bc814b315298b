import { expectStatus, expectThat } from './story';
import type { Person, World } from './world';

/** A person asks what is held about them, and then to be forgotten. */
export async function peopleJourney(world: World, person: Person): Promise<void> {
  const { story, backOffice } = world;
  story.chapter('A person asks what is held about them, and to be forgotten');
  const search = { phoneNumber: person.phoneNumber };
  const id = await story.step('POST /v1/people/search', async () => {
    const answer = expectStatus(await backOffice.post('/v1/people/search', search), 200);
    const [found] = answer.body['data'] as { id: string; status: string }[];
    expectThat(found?.status === 'active', 'nobody is known by the number');
    return [found?.id, '200 one person'];
  });
  if (id === undefined) return;
  await story.step('GET /v1/people/{id}?purpose=  everything, to be handed over', async () => {
    const answer = expectStatus(await backOffice.get(`/v1/people/${id}?purpose=access-request`), 200);
    const { vault = [] } = answer.body['records'] as Record<string, object[]>;
    expectThat(vault.length > 0, 'nothing of the person is in the vault');
    return [undefined, `200 ${vault.length} values in clear, and the reading is an event`];
  });
  await story.step('DELETE /v1/people/{id}', async () => {
    const answer = expectStatus(await backOffice.delete(`/v1/people/${id}`), 200);
    return [undefined, `200 ${String(answer.body['status'])}`];
  });
  await story.step('POST /v1/people/search  for somebody who was forgotten', async () => {
    const answer = expectStatus(await backOffice.post('/v1/people/search', search), 200);
    expectThat((answer.body['data'] as object[]).length === 0, 'the number still leads to somebody');
    return [undefined, '200 nobody'];
  });
}
