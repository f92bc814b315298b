import { picture } from './gtf';
import type { Client } from './story';
import { newNik, newPhoneNumber, type Person, type World } from './world';

/** The back office decides; approved data is shared, and the person's next form is filled in. */
export function approvalJourney(world: World, person: Person, id: string): Promise<void> {
  const { story, backOffice } = world;
  const { client, name, phoneNumber } = person;
  const at = { id };
  return story.chapter('The back office decides, and approved data is shared', async () => {
    const list = 'GET /v1/submissions?phoneNumber={phoneNumber}';
    await backOffice.call(list, { at: { phoneNumber }, has: { data: [{ id }] } });
    const identity = 'GET /v1/submissions/{id}/identity?purpose=review  itself recorded';
    await backOffice.call(identity, { at, has: { fullName: name } });
    await backOffice.call('POST /v1/submissions/{id}/approve  with another name than GTF verified', {
      at,
      body: { fullName: 'SOMEBODY ELSE' },
      status: 422,
      has: { code: 'reason_required' },
    });
    await backOffice.call('POST /v1/submissions/{id}/approve  with the e-mail address the KTP lacks', {
      at,
      body: { email: 'person@example.com', officer: 'Siti Rahayu' },
    });
    const heard = 'GET /v1/submissions/{id}  the person hears what was decided, not by whom';
    await client.call(heard, { at, has: { decision: { outcome: 'approved', officer: undefined } } });
    await untilShared(backOffice, id);
    const preFill = 'GET /v1/me/common-kyc  pre-fills the person’s next form';
    await client.call(preFill, { has: { fullName: name } });
  });
}

/** A person whom GTF declines, and whom an officer approves in their own name (UU 27/2022 art. 10). */
export function overrideJourney({ story, backOffice }: World, { client, name }: Person): Promise<void> {
  return story.chapter('GTF declines a person, and an officer looks again', async () => {
    const { submissionId: id } = await client.call<{ submissionId: string }>(
      'POST /v1/gtf/submissions  KTP_SCAN',
      { body: { submissionType: 'KTP_SCAN' }, status: 201, shows: () => 'one document' },
    );
    const at = { id };
    const confirm = 'POST /v1/gtf/submissions/{id}/confirm';
    const missing = { errors: [{ field: 'documents.KTP' }] };
    await client.call(`${confirm}  before the upload: what is missing is named`, {
      at,
      status: 422,
      has: missing,
    });
    const body = picture({ scenario: 'DUKCAPIL_REJECTED', nik: newNik(), name });
    await client.call('PUT /v1/gtf/submissions/{id}/documents/KTP', { at, body });
    await client.call(confirm, { at, status: 202 });
    await backOffice.call('GET /v1/submissions/{id}  until settled', { at, becomes: { status: 'declined' } });
    const approve = 'POST /v1/submissions/{id}/approve';
    const word = { officer: 'Siti Rahayu', reason: 'seen with the card at the branch' };
    const decision = { fullName: name, nik: newNik(), dateOfBirth: '1990-02-18', ...word };
    await backOffice.call(`${approve}  without an override`, { at, body: decision, status: 409 });
    await backOffice.call(`${approve}  with override and reason`, {
      at,
      body: { ...decision, override: true },
      has: { decision: { overridden: true } },
    });
    await untilShared(backOffice, id);
  });
}

/** Data the unit approved elsewhere. */
export function handedInJourney({ story, backOffice }: World): Promise<void> {
  return story.chapter('Common KYC: data approved elsewhere', async () => {
    const body = handedIn();
    const call = { body, status: 202 };
    const { submissionId } = await backOffice.call<{ submissionId: string }>('POST /v1/common-kyc', call);
    await untilShared(backOffice, submissionId);
    const record = 'GET /v1/common-kyc?phoneNumber={phoneNumber}&purpose=journey  the partner’s record';
    await backOffice.call(record, { at: body, has: { nik: body.nik } });
  });
}

/** What the unit knows of somebody new. */
export function handedIn(): Record<'phoneNumber' | 'fullName' | 'nik' | 'dateOfBirth' | 'email', string> {
  const [phoneNumber, nik] = [newPhoneNumber(), newNik()];
  return { phoneNumber, fullName: 'JOHN DOE', nik, dateOfBirth: '1990-02-18', email: '' };
}

async function untilShared(backOffice: Client, id: string): Promise<void> {
  const becomes = { status: 'shared' };
  await backOffice.call('GET /v1/submissions/{id}  until shared', { at: { id }, becomes });
}
