import { eventually } from './client';
import { expectStatus, expectThat, textOf } from './story';
import { newNik, newPhoneNumber, type Person, type World } from './world';

/** The back office decides; approved data is shared, and the person's next form is filled in. */
export async function approvalJourney(world: World, person: Person, submissionId: string): Promise<void> {
  const { story, backOffice } = world;
  story.chapter('The back office decides, and approved data is shared');
  await story.step("GET /v1/submissions  the unit's list, by phone number", async () => {
    const answer = expectStatus(
      await backOffice.get(`/v1/submissions?phoneNumber=${person.phoneNumber}`),
      200,
    );
    const ids = (answer.body['data'] as { id: string }[]).map(({ id }) => id);
    expectThat(ids.includes(submissionId), 'the submission is not in the list');
    return [undefined, `200 ${ids.length} of this person`];
  });
  await story.step('GET /v1/submissions/{id}/identity?purpose=review  itself recorded', async () => {
    const answer = expectStatus(
      await backOffice.get(`/v1/submissions/${submissionId}/identity?purpose=review`),
      200,
    );
    expectThat(answer.body['fullName'] === person.name, 'another name than on the KTP');
    return [undefined, '200 the KTP data in clear'];
  });
  const approve = (decision: object): ReturnType<typeof backOffice.post> =>
    backOffice.post(`/v1/submissions/${submissionId}/approve`, decision);
  await story.step('POST /v1/submissions/{id}/approve  with another name than GTF verified', async () => {
    const refused = expectStatus(await approve({ fullName: 'SOMEBODY ELSE' }), 422);
    expectThat(refused.body['code'] === 'reason_required', `code is ${String(refused.body['code'])}`);
    return [undefined, '422 reason_required'];
  });
  await story.step('POST /v1/submissions/{id}/approve  with the e-mail address the KTP lacks', async () => {
    const answer = expectStatus(await approve({ email: 'person@example.com', officer: 'Siti Rahayu' }), 200);
    return [undefined, `200 ${String(answer.body['status'])}`];
  });
  await story.step('GET /v1/submissions/{id}  the person hears what was decided, not by whom', async () => {
    const answer = expectStatus(await person.client.get(`/v1/submissions/${submissionId}`), 200);
    const decision = answer.body['decision'] as Record<string, unknown>;
    expectThat(decision['outcome'] === 'approved', 'no decision is shown');
    expectThat(!('officer' in decision), 'the officer is shown');
    return [undefined, '200 approved'];
  });
  await story.step('GET /v1/submissions/{id}  until shared', async () => {
    const path = `/v1/submissions/${submissionId}`;
    const answer = await eventually(
      () => backOffice.get(path),
      ({ body }) => body['status'] === 'shared',
    );
    expectThat(answer.body['status'] === 'shared', `status is ${String(answer.body['status'])}`);
    return [undefined, '200 shared'];
  });
  await story.step('GET /v1/me/common-kyc  pre-fills the person’s next form', async () => {
    const answer = expectStatus(await person.client.get('/v1/me/common-kyc'), 200);
    expectThat(answer.body['fullName'] === person.name, 'another name than was approved');
    return [undefined, '200 name, NIK, date of birth, e-mail'];
  });
}

/** Data the unit approved elsewhere. */
export async function handedInJourney(world: World): Promise<void> {
  const { story, backOffice } = world;
  story.chapter('Common KYC: data approved elsewhere');
  const phoneNumber = newPhoneNumber();
  const record = { phoneNumber, fullName: 'JOHN DOE', nik: newNik(), dateOfBirth: '1990-02-18', email: '' };
  const id = await story.step('POST /v1/common-kyc', async () => {
    const answer = expectStatus(await backOffice.post('/v1/common-kyc', record), 202);
    return [textOf(answer, 'submissionId'), `202 ${String(answer.body['status'])}`];
  });
  if (id === undefined) return;
  await story.step('GET /v1/submissions/{id}  until shared', async () => {
    const path = `/v1/submissions/${id}`;
    const answer = await eventually(
      () => backOffice.get(path),
      ({ body }) => body['status'] === 'shared',
    );
    expectThat(answer.body['status'] === 'shared', `status is ${String(answer.body['status'])}`);
    return [undefined, '200 shared'];
  });
  await story.step('GET /v1/common-kyc?phoneNumber=&purpose=  the partner’s record', async () => {
    const answer = expectStatus(
      await backOffice.get(`/v1/common-kyc?phoneNumber=${phoneNumber}&purpose=journey`),
      200,
    );
    expectThat(answer.body['nik'] === record.nik, 'another NIK than was handed in');
    return [undefined, '200 the same data'];
  });
}
