import { sampleImage } from '../../lab/gtf';
import { type Answer, eventually } from './client';
import { expectStatus, expectThat, textOf } from './story';
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
  story.chapter(
    `GTF e-KYC: a KTP and a selfie, settled by ${settledBy === 'callback' ? "GTF's callback" : 'asking GTF'}`,
  );
  const created = await story.step('POST /v1/gtf/submissions  KYC_LITE', async () => {
    const answer = expectStatus(
      await person.client.post('/v1/gtf/submissions', { submissionType: 'KYC_LITE' }),
      201,
    );
    const documents = answer.body['documents'] as Document[];
    return [
      { id: textOf(answer, 'submissionId'), documents },
      `201 documents ${documents.map(({ type }) => type).join(', ')}`,
    ];
  });
  if (created === undefined) return undefined;
  const image = sampleImage({ nik: newNik(), name: person.name, dateOfBirth: '18-02-1990' });
  for (const [index, document] of created.documents.entries())
    await upload(world, person, created.id, document, image, index);
  await story.step('POST …/confirm', async () => {
    const answer = expectStatus(await person.client.post(`/v1/gtf/submissions/${created.id}/confirm`), 202);
    return [undefined, `202 ${String(answer.body['status'])}`];
  });
  const path =
    settledBy === 'callback' ? `/v1/submissions/${created.id}` : `/v1/gtf/submissions/${created.id}/refresh`;
  await story.step(
    `${settledBy === 'callback' ? 'GET' : 'POST'} ${path.replace(created.id, '{id}')}  until settled`,
    async () => {
      const ask = (): Promise<Answer> =>
        settledBy === 'callback' ? person.client.get(path) : person.client.post(path);
      const answer = await eventually(ask, ({ body }) => body['status'] === 'verified');
      expectStatus(answer, 200);
      expectThat(answer.body['status'] === 'verified', `status is ${String(answer.body['status'])}`);
      return [undefined, '200 verified'];
    },
  );
  await story.step('GET /v1/submissions/{id}/events', async () => {
    const answer = expectStatus(await person.client.get(`/v1/submissions/${created.id}/events`), 200);
    const types = (answer.body['data'] as { type: string }[]).map(({ type }) => type);
    expectThat(types[0] === 'kyc.opened' && types.includes('kyc.verified'), types.join(', '));
    return [undefined, `200 ${types.join(' → ')}`];
  });
  return created.id;
}

/** Half of the documents take the checked way through the gateway, half go straight to storage. */
async function upload(
  world: World,
  person: Person,
  id: string,
  document: Document,
  image: Buffer,
  index: number,
): Promise<void> {
  if (index % 2 === 0) {
    await world.story.step(`PUT …/documents/${document.type}  the checked way in`, async () => {
      const path = `/v1/gtf/submissions/${id}/documents/${document.type}`;
      const answer = expectStatus(await person.client.put(path, 'image/png', image), 200);
      return [
        undefined,
        `200 ${String(answer.body['bytes'])} bytes, sha256 ${String(answer.body['sha256']).slice(0, 12)}…`,
      ];
    });
    return;
  }
  await world.story.step(`PUT ${document.type} straight to its pre-signed URL`, async () => {
    const answer = await world.anybody.put(document.uploadUrl, 'image/png', image);
    expectThat(answer.status === 200 || answer.status === 204, `storage answered ${answer.status}`);
    return [undefined, String(answer.status)];
  });
}

/** The standalone identity verification: the person finishes on GTF's page. */
export async function sivJourney(world: World, person: Person): Promise<void> {
  const { story, unit } = world;
  story.chapter('GTF standalone identity verification');
  const started = await story.step('POST /v1/gtf/identity-verifications  WEB_SDK', async () => {
    const answer = expectStatus(
      await person.client.post('/v1/gtf/identity-verifications', {
        source: 'WEB_SDK',
        successRedirectionUrl: `https://${unit}.example/kyc/done`,
        failureRedirectionUrl: `https://${unit}.example/kyc/failed`,
        verificationReferenceId: 'journey-phone-verification',
      }),
      201,
    );
    return [
      { id: textOf(answer, 'submissionId'), launchUrl: textOf(answer, 'launchUrl') },
      '201 a page to send the person to',
    ];
  });
  if (started === undefined) return;
  await story.step("the person finishes on GTF's page", async () => {
    await world.anybody.get(started.launchUrl);
    const fields = { outcome: 'VALID', nik: newNik(), name: person.name, dateOfBirth: '18-02-1990' };
    const answer = await world.anybody.submit(started.launchUrl, fields);
    expectThat(answer.status < 400, `the page answered ${answer.status}`);
    return [undefined, `${answer.status}`];
  });
  await story.step('GET /v1/submissions/{id}  until settled', async () => {
    const ask = (): Promise<Answer> => person.client.get(`/v1/submissions/${started.id}`);
    const answer = await eventually(ask, ({ body }) => body['status'] === 'verified');
    expectThat(answer.body['status'] === 'verified', `status is ${String(answer.body['status'])}`);
    return [undefined, `200 verified ${JSON.stringify(answer.body['verification'])}`];
  });
}
