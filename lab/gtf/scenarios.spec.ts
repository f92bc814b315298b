import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BusinessUnit, Clock, startLab } from './gtf-client.fixture';
import type { GtfLab } from './index';
import { SCENARIO_NAMES, SCENARIOS } from './scenarios';

let lab: GtfLab;
let unit: BusinessUnit;

beforeEach(async () => {
  lab = await startLab(new Clock());
  unit = new BusinessUnit(lab);
});
afterEach(() => lab.close());

const outcomeOf = (id: string): unknown[] => {
  const submission = lab.submissions().find((one) => one.id === id);
  return [submission?.status, submission?.result, submission?.reasonCode];
};

describe('the outcome of a submission', () => {
  it('is VALID unless somebody asked for another', async () => {
    const id = await unit.submit('FACE_MATCH');
    await lab.settle(id);
    expect(outcomeOf(id)).toEqual(['COMPLETED', 'VALID', null]);
  });

  it.each(SCENARIO_NAMES)('%s can be ordered by the last four digits of the NIK', async (name) => {
    const id = await unit.submit('KTP_SCAN', { nik: `317123456789${SCENARIOS[name].nikEnding}` });
    await lab.settle(id);
    const last = SCENARIOS[name].steps.at(-1);
    expect(outcomeOf(id)).toEqual([
      last?.status ?? 'IN_PROGRESS',
      last?.result ?? null,
      last?.coeReason ?? null,
    ]);
  });

  it('has one NIK ending for each scenario', () => {
    expect(new Set(SCENARIO_NAMES.map((name) => SCENARIOS[name].nikEnding)).size).toBe(SCENARIO_NAMES.length);
  });

  it('is told to a person on the launch page in the words of that family', async () => {
    await unit.initiateSiv();
    const id = lab.finishSdkJourney(unit.session, { ktp: { nik: '3171234567899009' } });
    await lab.settle(id);
    expect(outcomeOf(id)).toEqual(['COMPLETED', 'INVALID', 'AETHER_VERIFICATION_FAILED']);
  });

  it('follows an image mark before the NIK, and an order before both', async () => {
    const marks = { scenario: 'FRAUD_REJECT', nik: '3171234567899003' };
    lab.scenarios.next('NEVER_FINISHES', { unit: 'siminvest' });
    lab.scenarios.next('UNKNOWN_STATUS', { unit: 'nanovest', type: 'KYC_LITE' });
    const marked = await unit.submit('KTP_SCAN', marks);
    const ordered = await unit.submit('KYC_LITE', marks);
    const again = await unit.submit('KYC_LITE', marks);
    for (const id of [marked, ordered, again]) await lab.settle(id);
    expect([outcomeOf(marked), outcomeOf(ordered), outcomeOf(again)]).toEqual([
      ['COMPLETED', 'INVALID', 'FRAUD_REJECT'],
      ['ON_HOLD', null, null],
      ['COMPLETED', 'INVALID', 'FRAUD_REJECT'],
    ]);
  });
});

describe('a lab that was stopped', () => {
  it('goes on where it was: tokens, upload URLs and half-done processing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gtf-'));
    const snapshotFile = join(folder, 'gtf.json');
    const clock = new Clock();
    const first = await startLab(clock, { snapshotFile });
    const before = new BusinessUnit(first);
    const token = await before.token('v2/coe');
    const id = await before.submit('KTP_SCAN');
    await first.close();
    const second = await startLab(clock, { snapshotFile, processingMs: 5 });
    const after = new BusinessUnit(second);
    while (second.submissions()[0]?.status !== 'COMPLETED') {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect((await after.details(id, { 'x-onekyc-token': token })).json).toMatchObject({
      data: { submissionId: id, result: 'VALID' },
    });
    await second.close();
    await rm(folder, { recursive: true });
  });
});

describe('a port that is taken', () => {
  it('stops the start and leaves nothing listening', async () => {
    const taken = Number(new URL(lab.url).port);
    const free = await startLab(new Clock());
    const storagePort = Number(new URL(free.storageUrl).port);
    await free.close();
    await expect(startLab(new Clock(), { port: taken, storagePort })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    const again = await startLab(new Clock(), { storagePort });
    expect(again.storageUrl).toBe(`http://127.0.0.1:${storagePort}`);
    await again.close();
  });
});
