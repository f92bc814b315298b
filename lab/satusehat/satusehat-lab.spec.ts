import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERROR_CATALOGUE, type CatalogueRow } from './error-catalogue';
import { startSatusehatLab, type SatusehatLab } from './index';
import { AGENT, Facility } from './satusehat-client.fixture';

const GENERATE = '/kyc/v1/generate-url';
const JSON_BODY = { 'content-type': 'application/json' };

describe('the error catalogue', () => {
  let lab: SatusehatLab;
  let facility: Facility;
  beforeAll(async () => {
    lab = await startSatusehatLab({ host: '127.0.0.1', port: 0, units: ['nanovest'], now: () => new Date() });
    facility = new Facility(lab, 'nanovest');
  });
  afterAll(() => lab.close());
  const rows = Object.keys(ERROR_CATALOGUE) as CatalogueRow[];

  it.each(rows)('answers the row "%s" on demand, once', async (row) => {
    const expected: { status: number; path: string; body?: unknown } = ERROR_CATALOGUE[row];
    const authorization = `Bearer ${await facility.accessToken()}`;
    const ask = (): ReturnType<Facility['post']> =>
      expected.path.startsWith('/oauth2')
        ? facility.token()
        : facility.post(GENERATE, facility.seal(AGENT), { authorization });
    lab.answerNext(row);
    const answer = await ask();
    expect(answer.status).toBe(expected.status);
    expect(answer.json ?? answer.text).toEqual(expected.body ?? '');
    expect((await ask()).status).toBe(200);
  });
});

describe('the lab itself', () => {
  let lab: SatusehatLab;
  let clock: number;
  let facility: Facility;

  beforeEach(async () => {
    clock = Date.parse('2026-11-02T03:26:13.456Z');
    const units = ['nanovest', 'siminvest'];
    lab = await startSatusehatLab({ host: '127.0.0.1', port: 0, units, now: () => new Date(clock) });
    facility = new Facility(lab, 'nanovest');
  });
  afterEach(() => lab.close());

  it('counts what arrived', async () => {
    await facility.validationUrl();
    lab.answerNext('panic');
    await facility.post(GENERATE, '');
    expect([lab.calls('token'), lab.calls('generate-url'), lab.calls('challenge-code')]).toEqual([2, 2, 0]);
  });

  it('keeps its key pair, tokens and sessions over a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'satusehat-'));
    const options = {
      host: '127.0.0.1',
      port: 0,
      units: ['nanovest'],
      now: () => new Date(clock),
      snapshotFile: join(folder, 'satusehat.json'),
    };
    const first = await startSatusehatLab(options);
    const authorization = `Bearer ${await new Facility(first, 'nanovest').accessToken()}`;
    await new Facility(first, 'nanovest').validationUrl();
    await first.close();
    const second = await startSatusehatLab(options);
    expect(second.publicKeyPem).toBe(first.publicKeyPem);
    expect(second.sessions()).toHaveLength(1);
    const body = JSON.stringify(AGENT);
    const answer = await new Facility(second, 'nanovest').post(GENERATE, body, {
      ...JSON_BODY,
      authorization,
    });
    expect(answer.status).toBe(200);
    await second.close();
    await rm(folder, { recursive: true });
  });

  it('refuses every token after they were revoked', async () => {
    const authorization = `Bearer ${await facility.accessToken()}`;
    lab.revokeTokens();
    expect((await facility.post(GENERATE, facility.seal(AGENT), { authorization })).status).toBe(401);
  });
});
