import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sampleImage } from '../../lab/gtf';
import { PHONE } from '../support/gtf-person';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

const root = join(__dirname, '..', '..');
const document = join(root, 'openapi.json');
const installed = join(root, 'node_modules');

interface Generator {
  /** Writes `api.ts`, or `api/index.ts`. */
  readonly command: readonly string[];
  /** The four calls with what it wrote. */
  readonly calls: string;
}

const GENERATORS: Readonly<Record<string, Generator>> = {
  'openapi-typescript': {
    command: ['openapi-typescript', document, '--output', 'api.ts'],
    calls: `
import createClient from 'openapi-fetch';
import type { paths } from './api';

const client = createClient<paths>({ baseUrl, headers: { authorization } });
const documents = '/v1/gtf/submissions/{id}/documents/{type}';
const create = async () =>
  (await client.POST('/v1/gtf/submissions', { body: { submissionType: 'KTP_SCAN' } })).data;
const upload = async (id: string, type: string) =>
  client.PUT(documents, {
    params: { path: { id, type } },
    body: '',
    bodySerializer: () => file,
    headers: { 'content-type': 'image/png' },
  });
const confirm = (id: string) =>
  client.POST('/v1/gtf/submissions/{id}/confirm', { params: { path: { id } } });
const statusOf = async (id: string) =>
  (await client.GET('/v1/submissions/{id}', { params: { path: { id } } })).data?.status;
`,
  },
  '@hey-api/openapi-ts': {
    command: ['openapi-ts', '--input', document, '--output', 'api', '--client', '@hey-api/client-fetch'],
    calls: `
import { confirmSubmission, createCoeSubmission, getSubmission, uploadDocument } from './api';
import { client } from './api/client.gen';

client.setConfig({ baseUrl, headers: { authorization } });
const create = async () => (await createCoeSubmission({ body: { submissionType: 'KTP_SCAN' } })).data;
const upload = (id: string, type: string) =>
  uploadDocument({ path: { id, type }, body: file, headers: { 'Content-Type': 'image/png' } });
const confirm = (id: string) => confirmSubmission({ path: { id } });
const statusOf = async (id: string) => (await getSubmission({ path: { id } })).data?.status;
`,
  },
  orval: {
    command: ['orval', '--input', document, '--output', 'api.ts', '--client', 'fetch'],
    calls: `
import { confirmSubmission, createCoeSubmission, getSubmission, uploadDocument } from './api';

const send = globalThis.fetch;
globalThis.fetch = (path, options) => send(baseUrl + path, options);
const headers = { authorization };
const create = async () => {
  const answer = await createCoeSubmission({ submissionType: 'KTP_SCAN' }, { headers });
  return answer.status === 201 ? answer.data : undefined;
};
const upload = (id: string, type: string) =>
  uploadDocument(id, type, file, { headers: { ...headers, 'Content-Type': 'image/png' } });
const confirm = (id: string) => confirmSubmission(id, { headers });
const statusOf = async (id: string) => {
  const answer = await getSubmission(id, { headers });
  return answer.status === 200 ? answer.data.status : undefined;
};
`,
  },
};

const BEFORE = `
declare const process: { readonly argv: readonly string[] };
const [, , baseUrl = '', token = '', picture = ''] = process.argv;
const authorization = 'Bearer ' + token;
const file = await (await fetch(picture)).blob();
`;
const AFTER = `
const submission = await create();
if (!submission) throw new Error('not created');
const { submissionId, documents: wanted } = submission;
for (const { type } of wanted) await upload(submissionId, type);
await confirm(submissionId);
let status = await statusOf(submissionId);
while (status === 'processing') {
  await new Promise((resolve) => setTimeout(resolve, 100));
  status = await statusOf(submissionId);
}
// @ts-expect-error no submission has this status
if (status === 'verifed') throw new Error('no type is known');
console.log(status);
`;
const TSCONFIG = {
  compilerOptions: {
    module: 'preserve',
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  },
  files: ['program.ts'],
};

let gateway: TestGateway;
const folders: string[] = [];

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Node with a program of ours, in that folder; what it prints. */
async function printed(cwd: string, ...parameters: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: cwd, CI: 'true' };
  const outcome = await promisify(execFile)(process.execPath, parameters, { cwd, env }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return outcome.stdout + outcome.stderr;
}

describe('a client that is generated from the document', () => {
  it.each(Object.entries(GENERATORS))(
    'by %s checks strictly and takes a person to verified',
    async (_name, { command: [tool = '', ...parameters], calls }) => {
      const folder = mkdtempSync(join(tmpdir(), 'kyc-generated-'));
      folders.push(folder);
      symlinkSync(installed, join(folder, 'node_modules'));
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
      writeFileSync(join(folder, 'program.ts'), BEFORE + calls + AFTER);
      await printed(folder, join(installed, '.bin', tool), ...parameters);
      expect(await printed(folder, join(installed, 'typescript', 'bin', 'tsc'))).toBe('');
      const token = gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: PHONE });
      const picture = `data:image/png;base64,${sampleImage().toString('base64')}`;
      expect(await printed(folder, '--import', 'tsx', 'program.ts', gateway.url, token, picture)).toBe(
        'verified\n',
      );
    },
  );
});
