import { sampleImage } from '../../lab/gtf';
import type { Answer } from './client';
import { expectThat, textOf } from './story';
import { newNik, newPhoneNumber, type Person, type World } from './world';

/** The back office decides; approved data is shared, and the person's next form is filled in. */
export async function approvalJourney(world: World, person: Person, submissionId: string): Promise<void> {
  const { story, backOffice } = world;
  const path = `/v1/submissions/${submissionId}`;
  story.chapter('The back office decides, and approved data is shared');
  const list = backOffice.get(`/v1/submissions?phoneNumber=${person.phoneNumber}`);
  await story.call("GET /v1/submissions  the unit's list, by phone number", list, 200, ({ data }) => {
    const ids = (data as { id: string }[]).map(({ id }) => id);
    expectThat(ids.includes(submissionId), 'the submission is not in the list');
    return `${ids.length} of this person`;
  });
  const identity = backOffice.get(`${path}/identity?purpose=review`);
  const asked = 'GET /v1/submissions/{id}/identity?purpose=review  itself recorded';
  await story.call(asked, identity, 200, ({ fullName }) => {
    expectThat(fullName === person.name, 'another name than on the KTP');
    return 'the KTP data in clear';
  });
  const approve = (decision: object): Promise<Answer> => backOffice.post(`${path}/approve`, decision);
  await story.call(
    'POST /v1/submissions/{id}/approve  with another name than GTF verified',
    approve({ fullName: 'SOMEBODY ELSE' }),
    422,
    ({ code }) => {
      expectThat(code === 'reason_required', `code is ${String(code)}`);
      return 'reason_required';
    },
  );
  await story.call(
    'POST /v1/submissions/{id}/approve  with the e-mail address the KTP lacks',
    approve({ email: 'person@example.com', officer: 'Siti Rahayu' }),
    200,
    ({ status }) => String(status),
  );
  const heard = 'GET /v1/submissions/{id}  the person hears what was decided, not by whom';
  await story.call(heard, person.client.get(path), 200, (body) => {
    const decision = body['decision'] as Record<string, unknown>;
    expectThat(decision['outcome'] === 'approved', 'no decision is shown');
    expectThat(!('officer' in decision), 'the officer is shown');
    return 'approved';
  });
  await story.reaches('GET /v1/submissions/{id}  until shared', 'shared', () => backOffice.get(path));
  const next = person.client.get('/v1/me/common-kyc');
  await story.call('GET /v1/me/common-kyc  pre-fills the person’s next form', next, 200, ({ fullName }) => {
    expectThat(fullName === person.name, 'another name than was approved');
    return 'name, NIK, date of birth, e-mail';
  });
}

/** A person whom GTF declines, and whom an officer approves in their own name (UU 27/2022 art. 10). */
export async function overrideJourney(world: World, person: Person): Promise<void> {
  const { story, backOffice } = world;
  const { client } = person;
  story.chapter('GTF declines a person, and an officer looks again');
  const created = await story.call(
    'POST /v1/gtf/submissions  KTP_SCAN',
    client.post('/v1/gtf/submissions', { submissionType: 'KTP_SCAN' }),
    201,
    () => 'one document',
  );
  if (created === undefined) return;
  const path = `/v1/gtf/submissions/${textOf(created, 'submissionId')}`;
  const early = 'POST …/confirm  before the document was uploaded: what is missing is named';
  await story.call(early, client.post(`${path}/confirm`), 422, ({ errors }) => {
    const [first] = errors as { field: string }[];
    expectThat(first?.field === 'documents.KTP', 'the document is not named');
    return 'documents.KTP';
  });
  const image = sampleImage({ scenario: 'DUKCAPIL_REJECTED', nik: newNik(), name: person.name });
  await story.call(
    'PUT …/documents/KTP',
    client.put(`${path}/documents/KTP`, 'image/png', image),
    200,
    () => '',
  );
  await story.call('POST …/confirm', client.post(`${path}/confirm`), 202, ({ status }) => String(status));
  const submission = path.replace('/gtf', '');
  const shown = (): Promise<Answer> => backOffice.get(submission);
  await story.reaches('GET /v1/submissions/{id}  until settled', 'declined', shown, ({ reasonCode }) =>
    String(reasonCode),
  );
  const approve = (decision: object): Promise<Answer> => backOffice.post(`${submission}/approve`, decision);
  const identity = { fullName: person.name, nik: newNik(), dateOfBirth: '1990-02-18' };
  const word = { officer: 'Siti Rahayu', reason: 'seen with the card at the branch' };
  await story.call(
    'POST /v1/submissions/{id}/approve  without an override',
    approve({ ...identity, ...word }),
    409,
    ({ code }) => String(code),
  );
  await story.call(
    'POST /v1/submissions/{id}/approve  with override and reason',
    approve({ ...identity, ...word, override: true }),
    200,
    ({ decision, otherPeopleWithSameNik }) => {
      expectThat((decision as Record<string, unknown>)['overridden'] === true, 'no override is shown');
      return `overridden, ${String(otherPeopleWithSameNik)} others with this NIK`;
    },
  );
  await story.reaches('GET /v1/submissions/{id}  until shared', 'shared', shown);
}

/** Data the unit approved elsewhere. */
export async function handedInJourney(world: World): Promise<void> {
  const { story, backOffice } = world;
  story.chapter('Common KYC: data approved elsewhere');
  const phoneNumber = newPhoneNumber();
  const record = { phoneNumber, fullName: 'JOHN DOE', nik: newNik(), dateOfBirth: '1990-02-18', email: '' };
  const handedIn = backOffice.post('/v1/common-kyc', record);
  const submission = await story.call('POST /v1/common-kyc', handedIn, 202, ({ status }) => String(status));
  if (submission === undefined) return;
  const path = `/v1/submissions/${textOf(submission, 'submissionId')}`;
  await story.reaches('GET /v1/submissions/{id}  until shared', 'shared', () => backOffice.get(path));
  await story.call(
    'GET /v1/common-kyc?phoneNumber=&purpose=  the partner’s record',
    backOffice.get(`/v1/common-kyc?phoneNumber=${phoneNumber}&purpose=journey`),
    200,
    ({ nik }) => {
      expectThat(nik === record.nik, 'another NIK than was handed in');
      return 'the same data';
    },
  );
}
