import { newNik, newPhoneNumber, type Person, type World } from './world';

/** A health facility's officer validates a patient. */
export function satusehatJourney(world: World, officer: Person, customer: Person): Promise<void> {
  const { story, anybody, backOffice } = world;
  const name = 'Budi Santoso';
  const nik = newNik();
  return story.chapter("SATUSEHAT: a facility's officer validates a patient", async () => {
    const byCustomer = 'POST /v1/satusehat/challenge-codes  by a customer, who is no officer';
    await customer.client.call(byCustomer, { body: { nik, name }, status: 403 });
    const { submissionId, url } = await officer.client.call<{ submissionId: string; url: string }>(
      'POST /v1/satusehat/validation-urls  through the encrypted envelope',
      { body: { agentName: officer.name, agentNik: newNik() }, status: 201, shows: () => 'a page' },
    );
    const { challengeCode } = await officer.client.call<{ challengeCode: string; ihsNumber: string }>(
      'POST /v1/satusehat/challenge-codes',
      {
        body: { nik, name, submissionId },
        status: 201,
        shows: ({ ihsNumber }) => `IHS number ${ihsNumber}, a code for 5 minutes`,
      },
    );
    await story.step('the officer types the patient’s code and ticks what matches', async () => {
      await anybody.ask(`POST ${url}`, { body: new URLSearchParams({ access_code: challengeCode }) });
      return anybody.ask(`POST ${url}`, { body: new URLSearchParams({ name: 'on', nik: 'on', face: 'on' }) });
    });
    const identity = { fullName: name, nik, dateOfBirth: '1990-02-18', email: '' };
    const body = { ...identity, phoneNumber: newPhoneNumber() };
    const recorded = 'POST /v1/submissions/{id}/approve  the back office records the decision';
    await backOffice.call(recorded, { at: { id: submissionId }, body });
  });
}
