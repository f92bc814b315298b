import {
  type components,
  type KycClient,
  KycError,
  orThrow,
  uploadDocument,
  watchSubmission,
} from '@kyc-gateway/client';

export type Submission = components['schemas']['Submission'];
type Consent = components['schemas']['Consent'];

/** GTF checks a card and a face. */
const SUBMISSION_TYPE = 'KYC_LITE';
/** What it asks for before anybody has asked it; afterwards the submission says. */
export const DOCUMENTS = ['KTP', 'SELFIE'] as const;
/** So long GTF takes pictures of a submission. */
const OPEN_MS = 10 * 60_000;

/** What the person can go on with, or what has become of it: the gateway knows, on every device of theirs. */
export async function newestSubmission(client: KycClient): Promise<Submission | undefined> {
  const { data } = await orThrow(client.GET('/v1/submissions', { params: { query: { kind: 'gtf-coe' } } }));
  const newest = data.find(({ submissionType }) => submissionType === SUBMISSION_TYPE);
  const isOver = newest?.status === 'open' && Date.parse(newest.createdAt) + OPEN_MS < Date.now();
  return isOver ? undefined : newest;
}

/** What the person's form begins with. */
export interface Details {
  readonly fullName: string;
  readonly nik: string;
  readonly dateOfBirth: string;
  readonly email: string;
}

/** What another company of the group has verified and shared; undefined when there is nothing. */
export async function sharedDetails(client: KycClient): Promise<Details | undefined> {
  try {
    const { fullName, nik, dateOfBirth, email } = await orThrow(client.GET('/v1/me/common-kyc'));
    return {
      fullName: fullName ?? '',
      nik: nik ?? '',
      dateOfBirth: dateOfBirth ?? '',
      email: email ?? '',
    };
  } catch (error) {
    if (error instanceof KycError && error.code === 'kyc_not_found') return undefined;
    throw error;
  }
}

export interface Handover {
  /** One that was begun already. */
  readonly submission: Submission | undefined;
  readonly consent: Consent;
  /** The same for every try of one submission: an answer that was lost is given again, and costs no second attempt at GTF. */
  readonly idempotencyKey: string;
  /** By document; what was uploaded before may be left out, and is not sent twice. */
  readonly pictures: ReadonlyMap<string, File>;
  readonly onOpened: (id: string) => void;
  /** @param fraction how much of that document has left, 0 to 1 */
  readonly onProgress: (document: string, fraction: number) => void;
  readonly signal: AbortSignal;
}

/** A document is asked for that the person has given no picture of: one that the form did not know of. */
export class PictureMissing extends Error {}

/** By picture: the submission that has it. */
const sentTo = new WeakMap<File, string>();

/** Opens the submission, uploads what it asks for, and hands it in. */
export async function handIn(client: KycClient, handover: Handover): Promise<Submission> {
  const { pictures, onOpened, onProgress, signal } = handover;
  const { id, documents } = handover.submission ?? (await open(client, handover));
  onOpened(id);
  for (const { type, state } of documents) {
    const file = pictures.get(type);
    if (file === undefined) {
      if (state === 'uploaded') continue;
      throw new PictureMissing();
    }
    if (state === 'missing' || sentTo.get(file) !== id)
      await uploadDocument(client, {
        submissionId: id,
        type,
        file,
        signal,
        onProgress: (sent, total) => onProgress(type, sent / total),
      });
    sentTo.set(file, id);
  }
  return orThrow(client.POST('/v1/gtf/submissions/{id}/confirm', { params: { path: { id } }, signal }));
}

async function open(
  client: KycClient,
  { consent, idempotencyKey, signal }: Handover,
): Promise<Pick<Submission, 'id' | 'documents'>> {
  const { submissionId, documents } = await orThrow(
    client.POST('/v1/gtf/submissions', {
      params: { header: { 'Idempotency-Key': idempotencyKey } },
      body: { submissionType: SUBMISSION_TYPE, consent },
      signal,
    }),
  );
  return { id: submissionId, documents: documents.map(({ type }) => ({ type, state: 'missing' })) };
}

/** The submission after each thing that happens to it. */
export async function* watched(
  client: KycClient,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<Submission> {
  for await (const _event of watchSubmission(client, id, { signal }))
    yield await orThrow(client.GET('/v1/submissions/{id}', { params: { path: { id } }, signal }));
}
