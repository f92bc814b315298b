import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { GtfPerson } from '../support/gtf-person';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

const GUIDE = readFileSync('docs/guides/a-person-asks.md', 'utf8');
const CARD = { nik: '3171010101900001', name: 'BUDI S.', dateOfBirth: '01-01-1990' };

let gateway: TestGateway;
let person: GtfPerson;

beforeAll(async () => {
  gateway = await startTestGateway();
  person = new GtfPerson(gateway, 'nanovest', '6281234567890');
  await person.becomes(await person.submit(CARD), 'verified');
  await person.becomes(await person.submit({ scenario: 'DUKCAPIL_REJECTED' }), 'declined');
}, 60_000);
afterAll(async () => {
  await gateway?.close();
});

/** What the guide's commands print, pasted into one shell from top to bottom. */
async function pasted(): Promise<Record<string, unknown>[]> {
  const commands = [...GUIDE.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code = '']) => code).join('');
  const here = commands
    .replace('http://127.0.0.1:3000', gateway.url)
    .replace('nanovest-office:password', 'nanovest-office:office-password-of-nanovest');
  const child = spawn('bash', ['-euo', 'pipefail', '-c', here], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [answers, complaints] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (answers += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const code = await new Promise((done) => child.once('close', done));
  expect([code, complaints]).toEqual([0, '']);
  return answers
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a person who asks the back office', () => {
  it('gets the answers that the guide promises, by its own commands', async () => {
    const [copy, corrected, handedIn, overridden, forgotten, refused, kept] = await pasted();
    expect(copy).toMatchObject({
      status: 'active',
      identifiers: expect.arrayContaining([{ kind: 'phone', value: person.phoneNumber }]),
      submissions: [{ status: 'verified' }, { status: 'declined' }],
      records: { vault: expect.any(Array) },
    });
    expect(corrected).toMatchObject({
      verification: { name: 'overridden' },
      decision: { outcome: 'approved', officer: 'Siti Rahayu', overridden: false, corrected: ['fullName'] },
    });
    expect(handedIn).toMatchObject({ status: 'approved' });
    expect(overridden).toMatchObject({ decision: { outcome: 'approved', overridden: true } });
    expect(forgotten).toEqual({ status: 'restricted', until: expect.any(String) });
    expect(refused).toMatchObject({ status: 409, code: 'person_restricted' });
    expect(kept).toMatchObject({ status: 'restricted', until: forgotten?.['until'] });
  }, 60_000);

  it('is refused with codes that the guide explains', async () => {
    const { body } = await gateway.http.get('/openapi.json');
    const { paths } = body as { paths: Record<string, Record<string, Operation>> };
    const [people, submissions] = [paths['/v1/people/{idOrPhoneNumber}'], '/v1/submissions/{id}'];
    const asked = [
      ...[people?.['get'], people?.['delete']],
      ...[paths[`${submissions}/approve`]?.['post'], paths[`${submissions}/reject`]?.['post']],
    ];
    const refusals = asked.flatMap((operation) =>
      Object.entries(operation?.responses ?? {}).flatMap(([status, { description = '' }]) =>
        [...description.matchAll(/^`(\w+)`:/gm)].map(([, code = '']) => `${status} \`${code}\``),
      ),
    );
    const here = refusals.filter((one) => /^(404|409|412|422)/.test(one) && !one.includes('idempotency'));
    expect(new Set(here).size).toBeGreaterThan(6);
    expect(here.filter((one) => !GUIDE.includes(`| ${one}`))).toEqual([]);
  });
});

interface Operation {
  readonly responses: Record<string, { readonly description?: string }>;
}
