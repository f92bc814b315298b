import { sampleImage } from '../../lab/gtf';
import { expectThat, textOf } from './story';
import { newNik, type Person, type World } from './world';

interface Document {
  readonly type: string;
  readonly uploadUrl: string;
}

/** A person's documents: created, uploaded, confirmed, and settled by the callback or by asking. */
export async function documentJourney(
  world: World,
  person: Person,
  settledBy: 'callback' | 'refresh',
): Promise<string | undefined> {
  const { story } = world;
  const { client } = person;
  const how = settledBy === 'callback' ? "GTF's callback" : 'asking GTF';
  story.chapter(`GTF e-KYC: a KTP and a selfie, settled by ${how}`);
  const created = await story.call(
    'POST /v1/gtf/submissions  KYC_LITE',
    client.post('/v1/gtf/submissions', { submissionType: 'KYC_LITE' }),
    201,
    ({ documents }) => `documents ${(documents as Document[]).map(({ type }) => type).join(', ')}`,
  );
  if (created === undefined) return undefined;
  const id = textOf(created, 'submissionId');
  const image = sampleImage({ nik: newNik(), name: person.name, dateOfBirth: '18-02-1990' });
  for (const [index, document] of (created['documents'] as Document[]).entries()) {
    // Half of the documents take the checked way through the gateway, half go straight to storage.
    if (index % 2 === 0) await uploadChecked(world, person, id, document, image);
    else await uploadStraight(world, document, image);
  }
  const confirmed = client.post(`/v1/gtf/submissions/${id}/confirm`);
  await story.call('POST …/confirm', confirmed, 202, ({ status }) => String(status));
  if (settledBy === 'callback')
    await story.reaches('GET /v1/submissions/{id}  until settled', 'verified', () =>
      client.get(`/v1/submissions/${id}`),
    );
  else
    await story.reaches('POST /v1/gtf/submissions/{id}/refresh  until settled', 'verified', () =>
      client.post(`/v1/gtf/submissions/${id}/refresh`),
    );
  const events = client.get(`/v1/submissions/${id}/events`);
  await story.call('GET /v1/submissions/{id}/events', events, 200, ({ data }) => {
    const types = (data as { type: string }[]).map(({ type }) => type);
    expectThat(types[0] === 'kyc.opened' && types.includes('kyc.verified'), types.join(', '));
    return types.join(' → ');
  });
  return id;
}

async function uploadChecked(
  { story }: World,
  { client }: Person,
  id: string,
  { type }: Document,
  image: Buffer,
): Promise<void> {
  const upload = client.put(`/v1/gtf/submissions/${id}/documents/${type}`, 'image/png', image);
  await story.call(`PUT …/documents/${type}  the checked way in`, upload, 200, ({ bytes, sha256 }) => {
    return `${String(bytes)} bytes, sha256 ${String(sha256).slice(0, 12)}…`;
  });
}

async function uploadStraight({ story, anybody }: World, document: Document, image: Buffer): Promise<void> {
  await story.step(`PUT ${document.type} straight to its pre-signed URL`, async () => {
    const { status } = await anybody.put(document.uploadUrl, 'image/png', image);
    expectThat(status === 200 || status === 204, `storage answered ${status}`);
    return [undefined, String(status)];
  });
}

/** The standalone identity verification: the person finishes on GTF's page. */
export async function sivJourney(world: World, person: Person): Promise<void> {
  const { story, unit, anybody } = world;
  story.chapter('GTF standalone identity verification');
  const verification = {
    source: 'WEB_SDK',
    successRedirectionUrl: `https://${unit}.example/kyc/done`,
    failureRedirectionUrl: `https://${unit}.example/kyc/failed`,
    verificationReferenceId: 'journey-phone-verification',
  };
  const started = await story.call(
    'POST /v1/gtf/identity-verifications  WEB_SDK',
    person.client.post('/v1/gtf/identity-verifications', verification),
    201,
    () => 'a page to send the person to',
  );
  if (started === undefined) return;
  await story.step("the person finishes on GTF's page", async () => {
    const page = textOf(started, 'launchUrl');
    await anybody.get(page);
    const fields = { outcome: 'VALID', nik: newNik(), name: person.name, dateOfBirth: '18-02-1990' };
    const { status } = await anybody.submit(page, fields);
    expectThat(status < 400, `the page answered ${status}`);
    return [undefined, String(status)];
  });
  await story.reaches(
    'GET /v1/submissions/{id}  until settled',
    'verified',
    () => person.client.get(`/v1/submissions/${textOf(started, 'submissionId')}`),
    (body) => JSON.stringify(body['verification']),
  );
}
