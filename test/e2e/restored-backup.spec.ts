import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from '../support/eventually';
import { LEDGER, type Outcome, runScript } from '../support/run-script';
import { GtfPerson } from '../support/gtf-person';
import { createDatabase, type TestDatabase } from '../support/test-database';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';
import { testServer } from '../support/test-server';

const OFFICE = backOffice('nanovest');
const [ERASED, CUSTOMER, BEFORE] = ['6285766600001', '6285766600002', '6285766600003'];
const KYC = { fullName: 'RATNA', nik: '3174095203880007', dateOfBirth: '1988-03-12', email: '' };

let folder: string;
let file: string;
let gateway: TestGateway;
let restored: TestDatabase | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kyc-restored-'));
  file = join(folder, 'erasures.jsonl');
});
afterAll(async () => {
  await gateway?.close();
  await restored?.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function found(by: object): Promise<{ id: string; status: string }[]> {
  const { body } = await gateway.http.post('/v1/people/search').set('Authorization', OFFICE).send(by);
  return (body as { data: { id: string; status: string }[] }).data;
}

async function forget(phone: string): Promise<object> {
  return (await gateway.http.delete(`/v1/people/${phone}`).set('Authorization', OFFICE)).body as object;
}

function lines(): Record<string, unknown>[] {
  const text = readFileSync(file, 'utf8').trim();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function reapply(
  environment: Readonly<Record<string, string>>,
): Promise<Pick<Outcome, 'code' | 'verdict'>> {
  const { code, verdict } = await runScript(LEDGER, ['reapply-erasures', file], environment);
  return { code, verdict };
}

it('a person who was forgotten after the backup is forgotten again in what was restored from it', async () => {
  gateway = await startTestGateway({ environment: { ERASURES_FILE: file } });
  const { lab, database, environment } = gateway;
  const ids: string[] = [];
  for (const phone of [ERASED, BEFORE]) await new GtfPerson(gateway, 'nanovest', phone).create();
  const handedIn = await gateway.http
    .post('/v1/common-kyc')
    .set('Authorization', OFFICE)
    .send({ ...KYC, phoneNumber: CUSTOMER });
  expect(handedIn.status).toBe(202);
  for (const phoneNumber of [ERASED, CUSTOMER, BEFORE]) ids.push((await found({ phoneNumber }))[0]?.id ?? '');
  expect(await forget(BEFORE)).toMatchObject({ status: 'erased' });
  await gateway.stop(); // the lab and the database go on

  const { adminUrl, ownerUrl } = testServer();
  const source = new URL(database.url).pathname.slice(1);
  restored = await createDatabase(adminUrl, ownerUrl, `${source}_restored`, source);
  const { PORT: _port, PUBLIC_URL: _url, DATABASE_URL: _database, ...settings } = environment;
  const onwards = await startTestGateway({ lab, database, environment: settings });
  const first = gateway;
  gateway = onwards;
  expect(await forget(ERASED)).toMatchObject({ status: 'erased' });
  const kept = await forget(CUSTOMER);
  expect(kept).toMatchObject({ status: 'restricted' });
  expect(lines()).toEqual([
    { businessUnit: 'nanovest', personId: ids[2], status: 'erased', until: null },
    { businessUnit: 'nanovest', personId: ids[0], status: 'erased', until: null },
    { businessUnit: 'nanovest', personId: ids[1], ...kept },
  ]);
  await onwards.stop();

  appendFileSync(
    file,
    `{"businessUnit":"nanovest","personId":"${crypto.randomUUID()}","status":"erased","until":null}\n`,
  );
  const env = { ...settings, DATABASE_URL: restored.url };
  expect(await reapply(env)).toEqual({
    code: 0,
    verdict: 'REAPPLIED: 2 people were forgotten again, 1 were forgotten in the backup, 1 are not in it',
  });
  gateway = await startTestGateway({ lab, database: restored, environment: settings });
  for (const phoneNumber of [ERASED, BEFORE]) expect(await found({ phoneNumber })).toEqual([]);
  expect(await found({ phoneNumber: CUSTOMER })).toMatchObject([{ id: ids[1], status: 'restricted' }]);
  expect(await forget(CUSTOMER)).toEqual(kept);
  const sql = new Client(restored.url);
  await sql.connect();
  const left = await sql.query('SELECT FROM gtf_session UNION ALL SELECT FROM gtf_document');
  const keys = await sql.query('SELECT FROM person WHERE id = ANY ($1) AND wrapped_key IS NOT NULL', [
    [ids[0], ids[2]],
  ]);
  await sql.end();
  expect([left.rowCount, keys.rowCount]).toEqual([0, 0]);
  // Told again, there is nothing left to do; a line that cannot be read is named.
  appendFileSync(file, 'half a li');
  expect(await reapply(env)).toEqual({
    code: 1,
    verdict: 'REAPPLIED: 0 people were forgotten again, 3 were forgotten in the backup, 1 are not in it',
  });
  await first.close();
}, 120_000);

it('nobody is lost from the file while it cannot be written', async () => {
  const blocked = join(folder, 'blocked');
  writeFileSync(blocked, '');
  const away = join(blocked, 'erasures.jsonl'); // a file stands where its folder should
  const other = await startTestGateway({ environment: { ERASURES_FILE: away } });
  try {
    await new GtfPerson(other, 'nanovest', ERASED).create();
    const answer = await other.http.delete(`/v1/people/${ERASED}`).set('Authorization', OFFICE);
    expect(answer.body).toEqual({ status: 'erased', until: null });
    const alarmed = async (): Promise<boolean> =>
      (await other.log()).some((line) => line.includes('"alarm"') && line.includes('ERASURES_FILE'));
    expect(await eventually(alarmed, Boolean)).toBe(true);
    rmSync(blocked);
    mkdirSync(blocked);
    chmodSync(blocked, 0o755);
    writeFileSync(away, 'a torn li'); // as a crash leaves it
    const written = await eventually(
      () => Promise.resolve(readFileSync(away, 'utf8').split('\n')),
      (all) => all.length > 1,
    );
    expect(written[0]).toBe('a torn li');
    expect(JSON.parse(written[1] ?? '')).toMatchObject({ status: 'erased', until: null });
  } finally {
    await other.close();
  }
}, 60_000);
