import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { SignedEnd } from '.';
import { customer } from '../../test/support/submission-story';
import { backOffice } from '../../test/support/test-gateway';
import { type InProcessGateway, startInProcessGateway } from '../in-process-gateway.fixture';
import { Secret } from '../platform/config';
import { cryptoSettings, type CryptoSettings, KeyRing } from '../platform/crypto';
import { Database } from '../platform/database';
import { createLog } from '../platform/logging';
import { Scheduler } from '../platform/scheduler';
import { isGenuine, LedgerSigner } from './chain/checkpoint';
import { LedgerTasks } from './ledger-tasks';
import { KeyRotation } from './people/key-rotation';
import { verified } from './submission-story.fixture';

let gateway: InProcessGateway;
let sql: Client;
let folder: string;
let checkpointFile: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kyc-ledger-tasks-'));
  checkpointFile = join(folder, 'checkpoints.jsonl');
  gateway = await startInProcessGateway({
    environment: { LEDGER_CHECKPOINT_FILE: checkpointFile, LEDGER_CHECKPOINT_EVENTS: '10' },
  });
  sql = new Client(gateway.database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a checkpoint', () => {
  it('is signed after so many events, and written outside the database, on stdout and in a file', async () => {
    const events = async (): Promise<number> => {
      const newest = `SELECT max(seq)::int AS seq FROM kyc_event WHERE business_unit = 'nanovest'`;
      return (await sql.query<{ seq: number }>(newest)).rows[0]?.seq ?? 0;
    };
    const before = await events();
    for (let story = 0; story < 5; story += 1) await verified(gateway, customer());
    await gateway.app.get(LedgerTasks).run();
    const lines = readFileSync(checkpointFile, 'utf8').trimEnd().split('\n');
    const last = JSON.parse(lines.at(-1) ?? '') as SignedEnd;
    const { publicKey } = gateway.app.get(LedgerSigner, { strict: false });
    expect(isGenuine(last, publicKey)).toBe(true);
    expect(
      gateway.logLines.some((line) => line.includes('ledger checkpoint') && line.includes(last.signature)),
    ).toBe(true);
    // The scheduler may have signed in between, too: then fewer than ten are left.
    expect(last.businessUnit).toBe('nanovest');
    expect(last.seq).toBeGreaterThan(before);
    expect((await events()) - last.seq).toBeLessThan(10);
  });
});

describe('a new wrapping key', () => {
  it('wraps people’s keys anew and rewrites none of their data; then the old one can go', async () => {
    const who = customer('siminvest');
    const { id } = await verified(gateway, who);
    const before = await sql.query('SELECT id, sealed FROM vault_entry ORDER BY id');
    const { DATA_ENCRYPTION_KEYS: old = '' } = gateway.environment;
    const fresh = `next:${randomBytes(32).toString('base64')}`;
    const { lab, database } = gateway;
    const { PORT: _port, PUBLIC_URL: _url, ...environment } = gateway.environment;
    const rotatedTo = (keys: string): Promise<InProcessGateway> =>
      startInProcessGateway({ lab, database, environment: { ...environment, DATA_ENCRYPTION_KEYS: keys } });
    const rotating = await rotatedTo(`${fresh},${old}`);
    await rotating.app.get(KeyRotation).step();
    await rotating.close();
    const left = await sql.query(`SELECT FROM person WHERE key_id <> 'next'`);
    expect(left.rowCount).toBe(0);
    expect((await sql.query('SELECT id, sealed FROM vault_entry ORDER BY id')).rows).toEqual(before.rows);
    const after = await rotatedTo(fresh);
    try {
      const answer = await after.http
        .get(`/v1/submissions/${id}/identity?purpose=audit`)
        .set('Authorization', backOffice('siminvest'));
      expect(answer.status).toBe(200);
    } finally {
      await after.close();
    }
  }, 60_000);

  it('reaches everybody whose key opens, also behind hundreds whose key was taken out too early', async () => {
    await sql.query(
      `INSERT INTO person (business_unit, id, key_id, wrapped_key, created_at)
        SELECT 'nanovest', gen_random_uuid(), 'gone', '\\x00', now() FROM generate_series(1, 600)`,
    );
    const { personId } = await verified(gateway, customer());
    const { values } = gateway.app.get<CryptoSettings>(cryptoSettings.token, { strict: false });
    const keys = new KeyRing([
      { id: 'later', key: new Secret(randomBytes(32)) },
      ...values.DATA_ENCRYPTION_KEYS,
    ]);
    const lines: string[] = [];
    const log = createLog('warn', { write: (line) => void lines.push(line) });
    const rotation = new KeyRotation(gateway.app.get(Database), keys, log, gateway.app.get(Scheduler));
    for (let round = 0; round < 3; round += 1) await rotation.step();
    const { rows } = await sql.query('SELECT key_id FROM person WHERE id = $1', [personId]);
    expect(rows).toEqual([{ key_id: 'later' }]);
    expect(
      lines.filter((line) => line.includes('"gone"') && line.includes('"data_key_missing"')),
    ).toHaveLength(1);
  });
});
