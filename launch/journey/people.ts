import type { Person, World } from './world';

/** Who one is, and what strangers are told. */
export function arrivalJourney({ story, anybody, withToken }: World, person: Person): Promise<void> {
  const { client, phoneNumber } = person;
  return story.chapter('A person arrives with a SIMAS-ID token', async () => {
    const shows = ({ name, businessUnit }: Record<string, unknown>): string =>
      `${String(name)} of ${String(businessUnit)}`;
    await anybody.call('GET /health/ready');
    await client.call('GET /v1/me', { has: { phoneNumber }, shows });
    await client.call('GET /v1/me/userinfo  the other way: SIMAS-ID is asked');
    const tampered = withToken('eyJhbGciOiJub25lIn0.e30.');
    await tampered.call('GET /v1/me  with a token that was tampered with', { status: 401 });
  });
}

interface Found {
  readonly data: readonly { readonly id: string }[];
}

/** A person asks what is held about them, and then to be forgotten. */
export function forgettingJourney({ story, backOffice }: World, { phoneNumber }: Person): Promise<void> {
  const body = { phoneNumber };
  return story.chapter('A person asks what is held about them, and to be forgotten', async () => {
    const known = { body, has: { data: [{ status: 'active' }] }, shows: () => 'one person' };
    const { data } = await backOffice.call<Found>('POST /v1/people/search', known);
    const at = { id: data[0]?.id ?? '' };
    await backOffice.call<{ records: { vault: object[] } }>(
      'GET /v1/people/{id}?purpose=access-request  everything, to be handed over',
      {
        at,
        has: { records: { vault: (values: object[]) => values.length > 0 } },
        shows: ({ records }) => `${records.vault.length} values in clear, and the reading is an event`,
      },
    );
    await backOffice.call('DELETE /v1/people/{id}', { at });
    const nobody = { data: ({ length }: object[]) => length === 0 };
    const forgotten = { body, has: nobody, shows: () => 'nobody' };
    await backOffice.call('POST /v1/people/search  for somebody who was forgotten', forgotten);
  });
}
