import { Client } from './client';
import { expectStatus, expectThat, textOf } from './story';
import { newNik, newPhoneNumber, type Person, type World } from './world';

const PATIENT = 'Budi Santoso';

/** A health facility's officer validates a patient. */
export async function satusehatJourney(world: World, officer: Person, customer: Person): Promise<void> {
  const { story } = world;
  story.chapter("SATUSEHAT: a facility's officer validates a patient");
  await story.step('POST /v1/satusehat/challenge-codes  by a customer, who is no officer', async () => {
    const body = { nik: newNik(), name: PATIENT };
    const answer = expectStatus(await customer.client.post('/v1/satusehat/challenge-codes', body), 403);
    return [undefined, `403 ${String(answer.body['code'])}`];
  });
  const page = await story.step(
    'POST /v1/satusehat/validation-urls  through the encrypted envelope',
    async () => {
      const body = { agentName: officer.name, agentNik: newNik() };
      const answer = expectStatus(await officer.client.post('/v1/satusehat/validation-urls', body), 201);
      return [
        { url: textOf(answer, 'url'), submissionId: textOf(answer, 'submissionId') },
        "201 a page on the Ministry's host",
      ];
    },
  );
  if (page === undefined) return;
  const patientNik = newNik();
  const code = await story.step('POST /v1/satusehat/challenge-codes', async () => {
    const body = { nik: patientNik, name: PATIENT, submissionId: page.submissionId };
    const answer = expectStatus(await officer.client.post('/v1/satusehat/challenge-codes', body), 201);
    return [
      textOf(answer, 'challengeCode'),
      `201 IHS number ${textOf(answer, 'ihsNumber')}, a code for 5 minutes`,
    ];
  });
  await story.step('the officer types the patient’s code and ticks what matches', async () => {
    const browser = new Client('');
    const opened = await browser.submit(page.url, { access_code: code ?? '' });
    const sent = await browser.submit(page.url, { name: 'on', nik: 'on', face: 'on' });
    expectThat(
      opened.status < 400 && sent.status < 400,
      `the page answered ${opened.status}, ${sent.status}`,
    );
    return [undefined, String(sent.status)];
  });
  await story.step('POST /v1/submissions/{id}/approve  the back office records the decision', async () => {
    const patient = {
      fullName: PATIENT,
      nik: patientNik,
      dateOfBirth: '1990-02-18',
      email: '',
      phoneNumber: newPhoneNumber(),
    };
    const answer = expectStatus(
      await world.backOffice.post(`/v1/submissions/${page.submissionId}/approve`, patient),
      200,
    );
    return [undefined, `200 ${String(answer.body['status'])}`];
  });
}
