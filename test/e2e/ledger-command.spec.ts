import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { eventually } from '../support/eventually';
import { LEDGER, type Outcome, runScript } from '../support/run-script';
import { customer, KTP, openedBy, verified } from '../support/submission-story';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let sql: Client;
let folder: string;
let keyFile: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  sql = new Client(gateway.database.url);
  await sql.connect();
  folder = mkdtempSync(join(tmpdir(), 'kyc-ledger-command-'));
  keyFile = join(folder, 'ledger.pem');
  const { LEDGER_SIGNING_KEY: pem = '' } = gateway.environment;
  writeFileSync(keyFile, createPublicKey(pem).export({ type: 'spki', format: 'pem' }));
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sql?.end();
  await gateway?.close();
});

/** `npm run ledger -- …` where the gateway runs. */
function npmRunLedger(...args: string[]): Promise<Outcome> {
  return runScript('launch/command.mjs', ['ledger', ...args], gateway.environment);
}

/** The same in the image. */
function ledger(...args: string[]): Promise<Outcome> {
  return runScript(LEDGER, args, gateway.environment);
}

/** The verifier alone, on a machine that has nothing but Node and the two files. */
function verify(...args: string[]): Promise<Outcome> {
  const alone = join(folder, 'verify.mjs');
  writeFileSync(alone, readFileSync(resolve('launch/verify-ledger-export.mjs')));
  return runScript(alone, args, {});
}

describe('npm run ledger', () => {
  it('exports a unit, a person or a submission, each of which is verified without server or database', async () => {
    const who = customer();
    const { id } = await verified(gateway, who);
    await verified(gateway, customer());
    for (const [scope, events] of [
      [[], 4],
      [['--person', `0${who.phoneNumber.slice(2)}`], 2],
      [['--submission', id], 2],
    ] as const) {
      const out = join(folder, 'export.jsonl');
      const exported = await ledger('export', '--business-unit', 'nanovest', ...scope, '--out', out);
      expect([exported.code, exported.verdict]).toEqual([
        0,
        expect.stringContaining(`EXPORTED: ${events} events`),
      ]);
      const checked = await verify(out, '--public-key', keyFile);
      expect([checked.code, checked.verdict]).toEqual([
        0,
        expect.stringMatching(new RegExp(`^INTACT: ${events} events.*your key`)),
      ]);
      expect(readFileSync(out, 'utf8')).not.toContain('3171010101900001');
    }
  }, 120_000);

  it('verifies an export without the key only against itself, and says so', async () => {
    const out = join(folder, 'export.jsonl');
    const checked = await npmRunLedger('verify', out);
    expect([checked.code, checked.verdict]).toEqual([0, expect.stringContaining('give --public-key')]);
  });

  it('tells a changed export, and what was changed', async () => {
    const out = join(folder, 'export.jsonl');
    const lines = readFileSync(out, 'utf8').split('\n');
    writeFileSync(out, lines.with(1, String(lines[1]).replace('kyc.opened', 'kyc.closed')).join('\n'));
    const checked = await verify(out, '--public-key', keyFile);
    expect([checked.code, checked.verdict]).toEqual([
      1,
      expect.stringMatching(/^NOT INTACT: event \d+ was changed/),
    ]);
  });

  it.each([
    ['no such file', ['verify', 'nothing.jsonl']],
    ['no such key', ['verify', 'package.json', '--public-key', 'nothing.pem']],
    ['no key in the file', ['verify', 'package.json', '--public-key', 'README.md']],
    [
      'no such submission',
      [
        'export',
        '--business-unit',
        'nanovest',
        '--submission',
        '00000000-0000-4000-8000-000000000000',
        '--out',
        '/dev/null',
      ],
    ],
    [
      'nobody with this number',
      ['export', '--business-unit', 'nanovest', '--person', '6285600000000', '--out', '/dev/null'],
    ],
    ['no such unit', ['export', '--business-unit', 'nobody', '--out', '/dev/null']],
    ['no such option', ['verify', '--quickly']],
  ])('cannot tell: %s', async (_why, args) => {
    const ofFile = args[0] === 'verify' && !String(args[1]).startsWith('--');
    const outcome = await (ofFile ? npmRunLedger : ledger)(...args);
    expect([outcome.code, outcome.verdict]).toEqual([
      2,
      expect.stringMatching(/^(CANNOT TELL|NOTHING EXPORTED): /),
    ]);
  });

  it('cannot tell, and says why, where the database cannot be reached', async () => {
    const elsewhere = new URL(gateway.database.url);
    elsewhere.pathname = '/another';
    const environment = { ...gateway.environment, DATABASE_URL: elsewhere.href };
    const { code, verdict } = await runScript(LEDGER, ['verify'], environment);
    expect([code, verdict]).toEqual([
      2,
      'CANNOT TELL: the database: database "another" does not exist: create the database that DATABASE_URL names',
    ]);
  });

  it('verifies the database, and tells what was edited there', async () => {
    const intact = await npmRunLedger('verify');
    expect([intact.code, intact.verdict]).toEqual([
      0,
      expect.stringMatching(/^INTACT: \d+ events, \d+ submissions/),
    ]);
    await sql.query(
      `ALTER TABLE kyc_event DISABLE TRIGGER USER; UPDATE kyc_event SET data = data || '{"by":"nobody"}' WHERE seq = 2`,
    );
    const edited = await ledger('verify');
    expect([edited.code, edited.lines[0], edited.verdict]).toEqual([
      1,
      'nanovest, event 2: its content was changed',
      expect.stringMatching(/^NOT INTACT: 1 findings/),
    ]);
    await sql.query(
      `UPDATE kyc_event SET data = data - 'by' WHERE seq = 2; ALTER TABLE kyc_event ENABLE TRIGGER USER`,
    );
    expect((await ledger('verify')).code).toBe(0);
  }, 60_000);

  it('holds the database against checkpoints that were kept elsewhere', async () => {
    const [line = ''] = readFileSync(join(folder, 'export.jsonl'), 'utf8').trimEnd().split('\n').slice(-1);
    const file = join(folder, 'checkpoints.jsonl');
    const { checkpoint } = JSON.parse(line) as { checkpoint: { seq: number } };
    writeFileSync(file, `${JSON.stringify(checkpoint)}\n`);
    expect((await ledger('verify', '--checkpoints', file)).code).toBe(0);
    const log = join(folder, 'log.jsonl');
    const time = '2026-11-22T03:04:05.678Z';
    const [ready, told] = [{ msg: 'ready' }, { ...checkpoint, msg: 'ledger checkpoint' }];
    const logged = (...entries: object[]): void =>
      writeFileSync(
        log,
        entries.map((one) => `${JSON.stringify({ level: 'info', time, ...one })}\n`).join(''),
      );
    logged(ready, told);
    expect((await ledger('verify', '--checkpoints', log)).verdict).toMatch(/^INTACT: /);
    logged(ready, { ...told, hash: '[cut]' });
    expect((await ledger('verify', '--checkpoints', log)).verdict).toMatch(/^CANNOT TELL: /);
    appendFileSync(file, `${JSON.stringify({ ...checkpoint, seq: checkpoint.seq + 1 })}\n`);
    expect((await ledger('verify', '--checkpoints', file)).code).toBe(1);
  }, 120_000);

  it('after the signing key was rotated wants the old public key for old checkpoints', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const rotated = { ...gateway.environment, LEDGER_SIGNING_KEY: pem };
    const [line = ''] = readFileSync(join(folder, 'checkpoints.jsonl'), 'utf8').split('\n');
    const file = join(folder, 'earlier.jsonl');
    writeFileSync(file, `${line}\n`);
    const judge = (...args: string[]): Promise<Outcome> =>
      runScript(LEDGER, ['verify', '--checkpoints', file, ...args], rotated);
    const without = await judge();
    expect([without.code, without.verdict]).toEqual([
      2,
      expect.stringMatching(/^CANNOT TELL: .* need the public key [0-9a-f]{16}/),
    ]);
    const given = await judge('--public-key', keyFile);
    expect([given.code, given.verdict]).toEqual([0, expect.stringMatching(/^INTACT: /)]);

    const [out, nextKey] = [join(folder, 'rotated.jsonl'), join(folder, 'next.pem')];
    writeFileSync(nextKey, publicKey.export({ type: 'spki', format: 'pem' }));
    await runScript(LEDGER, ['export', '--business-unit', 'nanovest', '--out', out], rotated);
    expect((await verify(out, '--public-key', nextKey)).verdict).toMatch(/^INTACT: 4 events.*your key/);
  }, 60_000);

  it('rebuilds the projection, byte for byte', async () => {
    expect(await ledger('rebuild')).toMatchObject({ code: 0, verdict: '2 submissions agree, 0 differ' });
    const rows = async (): Promise<unknown[]> =>
      Promise.all(
        ['kyc_submission', 'kyc_submission_opening'].map(
          async (table) => (await sql.query<object>(`SELECT * FROM ${table} ORDER BY id`)).rows,
        ),
      );
    const before = await rows();
    await sql.query(
      `UPDATE kyc_submission SET status = 'declined' WHERE id = (SELECT min(id::text)::uuid FROM kyc_submission)`,
    );
    await sql.query(
      `INSERT INTO kyc_submission_opening SELECT business_unit, gen_random_uuid(), person_id, kind, opened_by, created_at
         FROM kyc_submission LIMIT 1`,
    );
    expect(await ledger('rebuild')).toMatchObject({ code: 1, verdict: '1 submissions agree, 2 differ' });
    await sql.query('DELETE FROM kyc_submission');
    expect(await ledger('rebuild', '--write')).toMatchObject({
      code: 0,
      verdict: '0 submissions agree, 3 were put right',
    });
    expect(await rows()).toEqual(before);
  }, 60_000);
});

describe('the proof of a SATUSEHAT patient, whose submission is the officer’s', () => {
  const OFFICE = backOffice('siminvest');
  const patient = { ...KTP, ktp: undefined, email: '', phoneNumber: customer().phoneNumber };
  const PATIENT = ['--person', patient.phoneNumber];
  let id: string;

  beforeAll(async () => {
    ({ id } = await openedBy(gateway, customer('siminvest'), 'satusehat'));
    const submission = `/v1/submissions/${id}`;
    await gateway.http.post(`${submission}/approve`).set('Authorization', OFFICE).send(patient);
    await eventually(shownTypes, (types) => types.includes('common_kyc.shared'));
    await gateway.http.get(`${submission}/identity?purpose=audit`).set('Authorization', OFFICE);
  }, 60_000);

  async function shownTypes(): Promise<string[]> {
    const { body } = await gateway.http.get(`/v1/submissions/${id}/events`).set('Authorization', OFFICE);
    return (body as { data: { type: string }[] }).data.map(({ type }) => type);
  }

  /** Types of the events that an export holds in full, once it is verified. */
  async function proven(...scope: string[]): Promise<string[]> {
    const out = join(folder, 'patient.jsonl');
    const exported = await ledger('export', '--business-unit', 'siminvest', ...scope, '--out', out);
    expect(exported.verdict).toMatch(/^EXPORTED: /);
    expect((await verify(out, '--public-key', keyFile)).verdict).toMatch(/^INTACT: .*your key/);
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n').slice(1, -1);
    return lines.flatMap((line) => (JSON.parse(line) as { body?: { type: string } }).body?.type ?? []);
  }

  const STORY = ['kyc.opened', 'kyc.approved', 'common_kyc.shared', 'identity.read'];

  it('tells the whole story of their data, and ends with their wish to be forgotten', async () => {
    expect(await proven(...PATIENT)).toEqual(STORY);
    await openedBy(gateway, customer('siminvest')); // is not theirs
    await gateway.http.delete(`/v1/people/${patient.phoneNumber}`).set('Authorization', OFFICE);
    const ended = [...STORY, 'person.restricted'];
    expect(await shownTypes()).toEqual(ended);
    expect(await proven(...PATIENT)).toEqual(ended);
    expect(await proven('--submission', id)).toEqual(ended);
  }, 60_000);

  it('is not taken for that of somebody else who had the number', async () => {
    await openedBy(gateway, { ...customer('siminvest'), phoneNumber: patient.phoneNumber });
    const arguments_ = ['export', '--business-unit', 'siminvest', '--out', join(folder, 'nobody.jsonl')];
    const { code, verdict } = await ledger(...arguments_, ...PATIENT);
    expect([code, verdict]).toEqual([2, expect.stringContaining('several people are known by this')]);
    const ids = verdict.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
    expect(ids).toHaveLength(2);
    const stories = [await proven('--person', String(ids[0])), await proven('--person', String(ids[1]))];
    expect(stories).toEqual(expect.arrayContaining([['kyc.opened'], [...STORY, 'person.restricted']]));
  }, 60_000);
});
