import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { commandBlocks } from '../../launch/command-blocks';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { INSTALLED, InstalledPostgres } from '../support/installed-postgres';
import { customer, type Customer, verified } from '../support/submission-story';
import { backOffice, ownSettings, startTestGateway, type TestGateway } from '../support/test-gateway';

const OFFICE = backOffice('nanovest');

let server: InstalledPostgres;
let folder: string;
let keys: Record<string, string>;

/** What a guide's commands print, pasted into one shell. */
async function pasted(code: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', code], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ENV_FILE: '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exit = await new Promise((done) => child.once('close', done));
  if (exit !== 0) throw new Error(`exit code ${String(exit)}\n${said}`);
  return said;
}

function blocks(guide: string): string[] {
  return commandBlocks(`docs/guides/${guide}.md`).map(({ code }) => code);
}

async function found(gateway: TestGateway, { phoneNumber }: Customer): Promise<object[]> {
  const { body } = await gateway.http
    .post('/v1/people/search')
    .set('Authorization', OFFICE)
    .send({ phoneNumber });
  return (body as { data: object[] }).data;
}

(INSTALLED === undefined ? describe.skip : describe)('Who follows the guide', () => {
  beforeAll(async () => {
    await buildWhenStale();
    server = await InstalledPostgres.start();
    keys = ownSettings();
    // A folder of its own: what the commands write stands there, and the project's programs.
    folder = mkdtempSync(join(tmpdir(), 'kyc-guides-'));
    mkdirSync(join(folder, 'backup'));
    cpSync('package.json', join(folder, 'package.json'));
    for (const part of ['dist', 'launch', 'migrations', 'node_modules', 'console', 'lab', 'src'])
      symlinkSync(resolve(part), join(folder, part));
  }, 180_000);
  afterAll(() => {
    server?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('"upgrade and roll back" has two roles, a finished schema, and a gateway that is ready', async () => {
    const owner = server.url();
    const [roles = '', migrate = '', ready = '', look = ''] = blocks('upgrade-and-roll-back');
    const said = await pasted(roles, { DATABASE_URL: owner, DATABASE_MIGRATION_URL: owner });
    expect(said).toMatch(
      /CREATE ROLE[^]*ledger[^]*kyc_app has what the gateway needs\nUp to date: \d+ applied/,
    );
    const url = new URL(owner);
    [url.username, url.password] = ['kyc_app', 'X7sQm2Lr9vTn4wKe'];
    const addresses = { DATABASE_URL: url.href, DATABASE_MIGRATION_URL: owner };
    expect(await pasted(migrate, addresses)).toContain('Up to date: nothing was pending');
    const gateway = await startTestGateway({
      database: { url: url.href, drop: () => Promise.resolve() },
      environment: { ...keys, MIGRATIONS: 'check' },
    });
    await verified(gateway, customer());
    const { environment } = gateway;
    expect(await pasted(ready.replace('http://127.0.0.1:3000', gateway.url), environment)).toContain(
      '"status":"ok"',
    );
    const production = { ...environment, NODE_ENV: 'test' };
    const looked = await pasted(look, production);
    expect(looked).toMatch(/\d+ checks: \d+ hold, 0 do not[^]*INTACT: /);
    await gateway.close();
  }, 240_000);

  it('"back up and restore" has every event of the dump, and nobody back who was forgotten', async () => {
    const [backUp = '', restore = ''] = blocks('back-up-and-restore');
    server.psql('CREATE DATABASE live OWNER kyc_owner');
    const files = {
      LEDGER_CHECKPOINT_FILE: join(folder, 'checkpoints.jsonl'),
      ERASURES_FILE: join(folder, 'erasures.jsonl'),
    };
    const database = { url: server.url('live'), drop: () => Promise.resolve() };
    const environment = { ...keys, ...files, LEDGER_CHECKPOINT_SECONDS: '1' };
    const live = await startTestGateway({ database, environment });
    const [stays, goes, late] = [customer(), customer(), customer()];
    for (const who of [stays, goes]) await verified(live, who);
    expect(
      (await live.http.delete(`/v1/people/${late.phoneNumber}`).set('Authorization', OFFICE)).status,
    ).toBe(404);
    await signed(files.LEDGER_CHECKPOINT_FILE, live);
    for (const file of Object.values(files)) if (!existsSync(file)) await pasted(`touch ${file}`, {});
    await pasted(backUp, live.environment);

    await verified(live, late);
    expect(
      (await live.http.delete(`/v1/people/${goes.phoneNumber}`).set('Authorization', OFFICE)).body,
    ).toMatchObject({
      status: 'erased',
    });
    await signed(files.LEDGER_CHECKPOINT_FILE, live);
    await live.stop();
    for (const file of Object.values(files))
      cpSync(file, join(folder, 'backup', file.split('/').at(-1) ?? ''));
    const said = await pasted(restore, live.environment);
    expect(said).toMatch(
      /REAPPLIED: 1 people were forgotten again[^]*ACCEPTED: [^]*INTACT: .*as the checkpoints from outside say/,
    );

    const restored = await startTestGateway({
      lab: live.lab,
      database: { ...database, url: server.url('kyc_restored') },
      environment,
    });
    expect(await found(restored, stays)).toMatchObject([{ submissions: 1 }]);
    expect(await found(restored, goes)).toEqual([]);
    expect(await found(restored, late)).toEqual([]);
    await verified(restored, customer());
    expect((await restored.http.get('/health/ready')).body).toMatchObject({
      status: 'ok',
      checks: { ledger: 'ok' },
    });
    await restored.close();
    await live.lab.close();
  }, 240_000);
});

/** Waits until everything that happened is signed and told outside. */
async function signed(file: string, gateway: TestGateway): Promise<void> {
  const last = (): number =>
    existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8').trim().split('\n').at(-1) ?? '{}') as { seq: number }).seq
      : 0;
  await eventually(
    async () => {
      const [row] = await gateway.query<{ seq: number }>(
        `SELECT max(seq)::integer AS seq FROM kyc_event WHERE type <> 'ledger.checkpoint'`,
      );
      return last() >= (row?.seq ?? 0);
    },
    Boolean,
    20_000,
  );
}
