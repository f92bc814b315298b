import { sampleImage } from '../../lab/gtf';
import { newNik, type Person, type World } from './world';

interface Created {
  readonly submissionId: string;
  readonly documents: readonly { readonly type: string; readonly uploadUrl: string }[];
}

/** As a phone uploads it; the lab reads what GTF is to find from a mark within. */
export function picture(found: Parameters<typeof sampleImage>[0]): Blob {
  return new Blob([new Uint8Array(sampleImage(found))], { type: 'image/png' });
}

/** A person's documents: created, uploaded, confirmed, and settled by the callback or by asking. */
export function documentJourney(
  { story, anybody }: World,
  { client, name }: Person,
  settledBy: 'callback' | 'refresh',
): Promise<string | undefined> {
  const how = settledBy === 'callback' ? "GTF's callback" : 'asking GTF';
  return story.chapter(`GTF e-KYC: a KTP and a selfie, settled by ${how}`, async () => {
    const { submissionId: id, documents } = await client.call<Created>('POST /v1/gtf/submissions  KYC_LITE', {
      body: { submissionType: 'KYC_LITE' },
      status: 201,
      shows: (created) => `documents ${created.documents.map(({ type }) => type).join(', ')}`,
    });
    const at = { id };
    const body = picture({ nik: newNik(), name, dateOfBirth: '18-02-1990' });
    for (const [index, { type, uploadUrl }] of documents.entries()) {
      // Half of the documents take the checked way through the gateway, half go straight to storage.
      const checked = `PUT /v1/gtf/submissions/{id}/documents/${type}  the checked way in`;
      const straight = `PUT ${type} straight to its pre-signed URL`;
      if (index % 2 === 0) await client.call(checked, { at, body });
      else await story.step(straight, () => anybody.ask(`PUT ${uploadUrl}`, { body }));
    }
    await client.call('POST /v1/gtf/submissions/{id}/confirm', { at, status: 202 });
    const asked =
      settledBy === 'callback' ? 'GET /v1/submissions/{id}' : 'POST /v1/gtf/submissions/{id}/refresh';
    await client.call(`${asked}  until settled`, { at, becomes: { status: 'verified' } });
    await client.call<{ data: { type: string }[] }>('GET /v1/submissions/{id}/events', {
      at,
      has: { data: [{ type: 'kyc.opened' }, { type: 'kyc.verified' }] },
      shows: ({ data }) => data.map(({ type }) => type).join(' → '),
    });
    return id;
  });
}

/** The standalone identity verification: the person finishes on GTF's page. */
export function sivJourney({ story, unit, anybody }: World, { client, name }: Person): Promise<void> {
  return story.chapter('GTF standalone identity verification', async () => {
    const { submissionId, launchUrl } = await client.call<{ submissionId: string; launchUrl: string }>(
      'POST /v1/gtf/identity-verifications  WEB_SDK',
      {
        body: {
          source: 'WEB_SDK',
          successRedirectionUrl: `https://${unit}.example/kyc/done`,
          failureRedirectionUrl: `https://${unit}.example/kyc/failed`,
          verificationReferenceId: 'journey-phone-verification',
        },
        status: 201,
        shows: () => 'a page to send the person to',
      },
    );
    await story.step("the person finishes on GTF's page", async () => {
      await anybody.ask(`GET ${launchUrl}`);
      const fields = { outcome: 'VALID', nik: newNik(), name, dateOfBirth: '18-02-1990' };
      return anybody.ask(`POST ${launchUrl}`, { body: new URLSearchParams(fields), status: 303 });
    });
    await client.call('GET /v1/submissions/{id}  until settled', {
      at: { id: submissionId },
      becomes: { status: 'verified' },
      shows: ({ verification }) => `verified ${JSON.stringify(verification)}`,
    });
  });
}
