import { createPublicKey } from 'node:crypto';
import { Client } from 'pg';
import { IS_LONG, SEED } from '../../../test/fuzz/support/runs';
import { verifyExport } from '../../../launch/verify-ledger-export.mjs';
import { NothingToExport, type SignedEnd } from '..';
import { ChainEvents } from './chain-events';
import { Database } from '../../platform/database';
import { eventually } from '../../../test/support/eventually';
import { fileOf, FORGERIES, rewritten, signedAnew } from '../../../test/support/export-forgeries';
import { type LedgerTools, ledgerTools, nextSigner } from './ledger-tools.fixture';
import { pick, randomFrom } from '../../../test/support/randomness';
import { customer } from '../../../test/support/submission-story';
import { KTP, openedBy, verified } from '../submission-story.fixture';
import { type Chain, EDITS, UNIT } from './table-edits.fixture';
import { backOffice } from '../../../test/support/test-gateway';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';

/** Others in every run; `npm run test:fuzz -- --long` makes ten times as many at once. */
const [EXPORT_EDITS, TABLE_EDITS] = IS_LONG ? [10_000, 5_000] : [1_000, 500];

let gateway: InProcessGateway;
let sql: Client;
let tools: LedgerTools;
/** Works with the signing key that came next. */
let successor: LedgerTools;
let checkpoint: SignedEnd;
let exports: string[][];

beforeAll(async () => {
  // Only the tests sign here.
  gateway = await startInProcessGateway({ environment: { LEDGER_CHECKPOINT_SECONDS: '86400' } });
  sql = new Client(gateway.database.url);
  await sql.connect();
  tools = ledgerTools(gateway, sql);
  successor = ledgerTools(gateway, sql, nextSigner());
  await lives();
  checkpoint = await tools.sign(UNIT);
  const { rows } = await sql.query<{ id: string; person_id: string }>(
    `SELECT id, person_id FROM kyc_submission WHERE business_unit = $1 AND status = 'shared' LIMIT 1`,
    [UNIT],
  );
  const [{ id: submissionId, person_id: personId } = { id: '', person_id: '' }] = rows;
  exports = [
    await tools.export(UNIT, { kind: 'unit' }),
    await tools.export(UNIT, { kind: 'person', personId }),
    await tools.export(UNIT, { kind: 'submission', submissionId, personId }),
  ];
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});

/** People in every state: open, verified, approved and shared, rejected, erased, and a SATUSEHAT patient. */
async function lives(): Promise<void> {
  const office = (path: string): ReturnType<typeof gateway.http.post> =>
    gateway.http.post(`/v1/submissions/${path}`).set('Authorization', backOffice(UNIT));
  await openedBy(gateway, customer());
  await verified(gateway, customer('siminvest'));
  const leaver = customer();
  await verified(gateway, leaver);
  await gateway.http.delete(`/v1/people/${leaver.phoneNumber}`).set('Authorization', backOffice(UNIT));
  const [kept, refused] = [await verified(gateway, customer()), await verified(gateway, customer())];
  await office(`${refused.id}/reject`).send({ reason: 'photo unreadable' });
  const seen = await openedBy(gateway, customer(), 'satusehat');
  const { ktp: _ktp, ...patient } = { ...KTP, email: '', phoneNumber: customer().phoneNumber };
  for (const approval of [
    await office(`${kept.id}/approve`),
    await office(`${seen.id}/approve`).send(patient),
  ])
    expect(approval.status).toBe(200);
  await eventually(
    async () => (await sql.query(`SELECT FROM kyc_submission WHERE status = 'shared'`)).rowCount,
    (shared) => shared === 2,
  );
}

describe('an export', () => {
  it('is intact as it was made, whatever part of the chain it holds', () => {
    for (const lines of exports) {
      const { code, verdict, events } = verifyExport([fileOf(lines)], tools.publicKey);
      expect([code, verdict]).toEqual([0, expect.stringContaining('signed with your key')]);
      expect(events).toBeGreaterThan(0);
    }
  });

  it(`shows each of ${EXPORT_EDITS} forgeries`, () => {
    const random = randomFrom(SEED);
    const undetected: string[] = [];
    const tried = new Set<string>();
    for (let edit = 0; edit < EXPORT_EDITS; edit += 1) {
      const lines = pick(random, exports);
      const kind = pick(random, Object.keys(FORGERIES));
      const forged = FORGERIES[kind]?.(lines, random) ?? [];
      const file = Array.isArray(forged) ? fileOf(forged) : forged;
      if (file.equals(fileOf(lines))) continue;
      tried.add(kind);
      if (verifyExport([file], tools.publicKey).code !== 1) undetected.push(kind);
    }
    expect({ SEED, undetected }).toEqual({ SEED, undetected: [] });
    expect(tried.size).toBe(Object.keys(FORGERIES).length);
  }, 120_000);

  it('made by somebody else is intact by its own key alone, and says that this proves nothing', () => {
    const [lines = []] = exports;
    const foreign = fileOf(signedAnew(rewritten(lines, randomFrom(SEED))));
    expect(verifyExport([foreign])).toMatchObject({
      code: 0,
      verdict: expect.stringContaining('proves nothing about who made it'),
    });
    expect(verifyExport([foreign], tools.publicKey).code).toBe(1);
  });
});

async function chainNow(): Promise<Chain> {
  const events: Chain['events'][number][] = [];
  for await (const page of new ChainEvents(gateway.app.get(Database)).pages(UNIT, 0, checkpoint.seq))
    events.push(...page.map(({ seq, body, storedDigest }) => ({ seq, body, digest: storedDigest })));
  const ids = async (statement: string): Promise<string[]> =>
    (await sql.query<{ id: string }>(statement)).rows.map(({ id }) => id);
  return {
    events,
    entries: events.flatMap(({ body }) => body.vault.map(({ id }) => id)),
    submissions: await ids(`SELECT id FROM kyc_submission`),
    people: await ids(`SELECT id FROM person WHERE business_unit = '${UNIT}'`),
  };
}

async function isDetected(by: LedgerTools): Promise<boolean> {
  const earlier = by === tools ? [] : [createPublicKey(tools.publicKey)];
  const { findings } = await by.verification.run([checkpoint], earlier, () => undefined);
  return findings.length > 0 || (await tools.rebuild.run(false)).differ.length > 0;
}

/** Does something to the tables as their owner, looks, and undoes it. */
async function falsified<T>(statement: string, look: () => Promise<T>): Promise<T> {
  await sql.query(`BEGIN; ${statement}`);
  try {
    return await look();
  } finally {
    await sql.query('ROLLBACK');
  }
}

describe('the tables', () => {
  // The tables' owner can switch their triggers off. Once for all edits: it makes PostgreSQL plan every statement anew.
  beforeAll(async () => {
    for (const table of ['kyc_event', 'ledger_checkpoint'])
      await sql.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  });

  it('are intact as they are', async () => {
    expect(await tools.verification.run([checkpoint], [], () => undefined)).toMatchObject({
      events: expect.any(Number),
      findings: [],
      foreignCheckpoints: 0,
      missingKeys: [],
    });
    expect((await tools.rebuild.run(false)).differ).toEqual([]);
  });

  it('are intact after the signing key was rotated, for an auditor who has the old public key', async () => {
    const earlier = [createPublicKey(tools.publicKey)];
    expect(await successor.verification.run([checkpoint], earlier, () => undefined)).toMatchObject({
      findings: [],
      foreignCheckpoints: 0,
      missingKeys: [],
    });
    expect(await successor.verification.run([checkpoint], [], () => undefined)).toMatchObject({
      findings: [],
      foreignCheckpoints: 1,
      missingKeys: [checkpoint.keyId],
    });
  });

  it(`show each of ${TABLE_EDITS} edits, by checkpoints of the present signing key or of the one before`, async () => {
    const random = randomFrom(SEED);
    const chain = await chainNow();
    const undetected: string[] = [];
    const tried = new Set<string>();
    for (let edit = 0; edit < TABLE_EDITS; edit += 1) {
      if (edit % 1_000 === 0) await sql.query('VACUUM'); // every edit leaves rows that were rolled back
      const kind = pick(random, Object.keys(EDITS));
      const statement = EDITS[kind]?.(chain, random) ?? '';
      tried.add(kind);
      const auditor = pick(random, [tools, successor]);
      const detected = await falsified(statement, () => isDetected(auditor));
      if (!detected) undetected.push(`${kind}: ${statement}`);
    }
    expect({ SEED, undetected }).toEqual({ SEED, undetected: [] });
    expect(tried.size).toBe(Object.keys(EDITS).length);
  }, 300_000);
});

describe('a chain that was cut at its last checkpoint', () => {
  const WHERE = `business_unit = 'siminvest' AND seq`;
  it.each([
    ['lacks the next event', `DELETE FROM kyc_event WHERE ${WHERE} = 3`],
    ['lacks all later events', `DELETE FROM kyc_event WHERE ${WHERE} > 2`],
    [
      'ends before it',
      `DELETE FROM kyc_event WHERE ${WHERE} > 1;
       UPDATE ledger_head h SET seq = 1, hash = e.hash FROM kyc_event e
        WHERE h.business_unit = 'siminvest' AND e.business_unit = 'siminvest' AND e.seq = 1`,
    ],
  ])('and %s is an alarm at once, and is neither signed nor exported', async (_how, statement) => {
    if ((await tools.checkpoints.all('siminvest')).length === 0) {
      await tools.sign('siminvest');
      await verified(gateway, customer('siminvest'));
    }
    const alarms = (): number =>
      gateway.logLines.filter(
        (line) => line.includes('the ledger chain does not hold') && line.includes('siminvest'),
      ).length;
    const before = alarms();
    await falsified(statement, async () => {
      await tools.checkpoints.signDue(() => Promise.reject(new Error('nothing is to be kept')));
      expect(alarms()).toBe(before + 1);
      await expect(tools.export('siminvest', { kind: 'unit' })).rejects.toThrow(NothingToExport);
    });
  });
});
