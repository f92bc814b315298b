import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { minify } from '@swc/core';
import { sampleImage } from '../../lab/gtf';
import { PHONE } from '../support/gtf-person';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

const root = join(__dirname, '..', '..');
const run = promisify(execFile);

/** What a front-end engineer writes on the first afternoon. */
const PROGRAM = `
import { createKycClient, orThrow, statusTexts, uploadDocument, watchSubmission } from '@kyc-gateway/client';

declare const process: { readonly argv: readonly string[] };
const [, , baseUrl = '', token = '', picture = ''] = process.argv;
const client = createKycClient({ baseUrl, token: () => token });
const file = await (await fetch(picture)).blob();

const { submissionId, documents } = await orThrow(
  client.POST('/v1/gtf/submissions', { body: { submissionType: 'KTP_SCAN' } }),
);
const path = { id: submissionId };
for (const { type } of documents) await uploadDocument(client, { submissionId, type, file });
await orThrow(client.POST('/v1/gtf/submissions/{id}/confirm', { params: { path } }));
for await (const { type } of watchSubmission(client, submissionId)) {
  // @ts-expect-error no event has this type
  if (type === 'kyc.verifed') break;
  if (type === 'kyc.verified') break;
}
const { status } = await orThrow(client.GET('/v1/submissions/{id}', { params: { path } }));
console.log(status, statusTexts.id[status].title);

const { error } = await client.GET('/v1/submissions/{id}', { params: { path: { id: crypto.randomUUID() } } });
switch (error?.code) {
  // @ts-expect-error no refusal has this code
  case 'submission_lost':
    break;
  case 'not_found':
    console.log('refused');
}
`;
const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'ES2022',
    lib: ['ES2022', 'DOM'],
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
  },
  files: ['program.ts'],
};

let gateway: TestGateway;
const project = realpathSync(mkdtempSync(join(tmpdir(), 'kyc-client-')));
const installed = join(project, 'node_modules', '@kyc-gateway', 'client');

beforeAll(async () => {
  [gateway] = await Promise.all([startTestGateway(), install()]);
});
afterAll(async () => {
  await gateway?.close();
  rmSync(project, { recursive: true, force: true });
});

/** As a registry would deliver it, without one: the tarballs are all there is. */
async function install(): Promise<void> {
  await npm(root, 'run', 'build', '-w', 'client');
  const packages = ['client', 'node_modules/openapi-fetch', 'node_modules/openapi-typescript-helpers'];
  const folders = packages.map((name) => `./${name}`);
  await npm(root, 'pack', '--ignore-scripts', '--pack-destination', project, ...folders);
  const tarballs = readdirSync(project).filter((name) => name.endsWith('.tgz'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await npm(project, 'install', '--offline', '--no-audit', ...tarballs.map((name) => `./${name}`));
}

function npm(cwd: string, ...parameters: string[]): Promise<unknown> {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, npm_config_cache: join(project, '.npm') };
  return run('npm', parameters, { cwd, env });
}

describe('the client as a package', () => {
  it('takes a person from nothing to verified, in a project that checks its types strictly', async () => {
    writeFileSync(join(project, 'program.ts'), PROGRAM);
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout: mistakes } = await run(process.execPath, [tsc], { cwd: project }).catch(
      (error: { stdout: string }) => error,
    );
    expect(mistakes).toBe('');
    const token = gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: PHONE });
    const picture = `data:image/png;base64,${sampleImage().toString('base64')}`;
    const parameters = ['program.js', gateway.url, token, picture];
    const { stdout } = await run(process.execPath, parameters, { cwd: project });
    expect(stdout).toBe('verified Terverifikasi\nrefused\n');
  });

  it('brings openapi-fetch along and nothing else', () => {
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      dependencies: object;
    };
    expect(Object.keys(dependencies)).toEqual(['openapi-fetch']);
    expect(readdirSync(installed).sort()).toEqual(['README.md', 'dist', 'package.json']);
  });

  it('is smaller than 12 kB when minified', async () => {
    const own = join(installed, 'dist', 'src');
    const modules = readdirSync(own).filter((name) => name.endsWith('.js'));
    const minified = await Promise.all(
      modules.map((name) => minify(readFileSync(join(own, name), 'utf8'), { module: true })),
    );
    expect(modules).toContain('index.js');
    expect(Buffer.byteLength(minified.map(({ code }) => code).join(''))).toBeLessThan(12_000);
  });
});
