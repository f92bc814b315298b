import { Client } from './client';
import { expectThat, textOf } from './story';
import { newNik, newPhoneNumber, type Person, type World } from './world';

const PATIENT = 'Budi Santoso';

/** A health facility's officer validates a patient. */
export async function satusehatJourney(world: World, officer: Person, customer: Person): Promise<void> {
  const { story } = world;
  const codes = '/v1/satusehat/challenge-codes';
  story.chapter("SATUSEHAT: a facility's officer validates a patient");
  await story.call(
    `POST ${codes}  by a customer, who is no officer`,
    customer.client.post(codes, { nik: newNik(), name: PATIENT }),
    403,
    ({ code }) => String(code),
  );
  const page = await story.call(
    'POST /v1/satusehat/validation-urls  through the encrypted envelope',
    officer.client.post('/v1/satusehat/validation-urls', { agentName: officer.name, agentNik: newNik() }),
    201,
    () => "a page on the Ministry's host",
  );
  if (page === undefined) return;
  const submissionId = textOf(page, 'submissionId');
  const nik = newNik();
  const challenge = await story.call(
    `POST ${codes}`,
    officer.client.post(codes, { nik, name: PATIENT, submissionId }),
    201,
    (body) => `IHS number ${textOf(body, 'ihsNumber')}, a code for 5 minutes`,
  );
  await story.step('the officer types the patient’s code and ticks what matches', async () => {
    const browser = new Client('');
    const code = textOf(challenge ?? {}, 'challengeCode');
    const opened = await browser.submit(textOf(page, 'url'), { access_code: code });
    const sent = await browser.submit(textOf(page, 'url'), { name: 'on', nik: 'on', face: 'on' });
    const statuses = `${opened.status}, ${sent.status}`;
    expectThat(opened.status < 400 && sent.status < 400, `the page answered ${statuses}`);
    return [undefined, String(sent.status)];
  });
  const patient = {
    fullName: PATIENT,
    nik,
    dateOfBirth: '1990-02-18',
    email: '',
    phoneNumber: newPhoneNumber(),
  };
  await story.call(
    'POST /v1/submissions/{id}/approve  the back office records the decision',
    world.backOffice.post(`/v1/submissions/${submissionId}/approve`, patient),
    200,
    ({ status }) => String(status),
  );
}
