import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { TestAuthority } from '../support/certificates';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { HAS_PGBOUNCER, INSTALLED, InstalledPostgres, IS_TOO_OLD } from '../support/installed-postgres';
import { newPhone, OtpDesk } from '../support/otp-desk';
import { LEDGER, MIGRATE, type Outcome, runScript } from '../support/run-script';
import { customer, verified } from '../support/submission-story';
import { backOffice, ownSettings, startTestGateway, UNITS } from '../support/test-gateway';

const OFFICE = backOffice('nanovest');
const authority = new TestAuthority();

let server: InstalledPostgres;
let lab: Lab;
const keys = ownSettings();

(INSTALLED === undefined || IS_TOO_OLD ? describe.skip : describe)(
  `On the PostgreSQL of ${INSTALLED ?? ''}`,
  () => {
    beforeAll(async () => {
      await buildWhenStale();
      server = await InstalledPostgres.start();
      lab = await startLab({ units: UNITS, gtfProcessingMs: 50 });
      server.write('data/server.key', authority.key);
      useCertificate('localhost');
      server.psql('ALTER SYSTEM SET ssl = on');
      server.reload();
    }, 180_000);
    afterAll(async () => {
      await lab?.close();
      server?.remove();
    });

    function useCertificate(host: string, hours?: number): void {
      server.write('data/server.crt', authority.serverCertificate(host, hours));
      server.reload();
    }

    /** A gateway's start on a migrated database, which ends by itself: its code and what it complained about. */
    function start(environment: Record<string, string>): Promise<Outcome> {
      const all = {
        ...lab.environment(),
        ...keys,
        PUBLIC_URL: 'http://localhost:1',
        MIGRATIONS: 'check',
        ...environment,
      };
      return runScript('dist/main.js', [], { ...all, PORT: '0', LOG_LEVEL: 'fatal' });
    }

    async function serves(environment: Record<string, string>): Promise<void> {
      const gateway = await GatewayProcess.prepare((url) => ({
        ...{ ...lab.environment(), ...keys, PUBLIC_URL: url, LOG_LEVEL: 'fatal' },
        ...environment,
      }));
      await gateway.start();
      const { code } = await gateway.stop('SIGTERM');
      expect(code).toBe(0);
    }

    it('a role that was granted what it needs takes a person from the code to the approval', async () => {
      server.psql(`CREATE ROLE kyc_app LOGIN PASSWORD 'only-of-this-test'`);
      const granted = await runScript(MIGRATE, ['--grant', 'kyc_app'], { DATABASE_URL: server.url() });
      expect([granted.code, granted.complained]).toEqual([0, '']);
      const url = new URL(server.url());
      [url.username, url.password] = ['kyc_app', 'only-of-this-test'];
      const gateway = await startTestGateway({
        lab,
        database: { url: url.href, drop: () => Promise.resolve() },
        environment: { ...keys, MIGRATIONS: 'check' },
      });
      const desk = new OtpDesk(gateway);
      await desk.when(await desk.send({ identifier: newPhone() }), 'delivered');
      const who = customer();
      const { id } = await verified(gateway, who);
      expect(
        (await gateway.http.post(`/v1/submissions/${id}/approve`).set('Authorization', OFFICE)).status,
      ).toBe(200);
      await eventually(
        () => gateway.query(`SELECT FROM kyc_submission WHERE id = $1 AND status = 'shared'`, [id]),
        ({ length }) => length === 1,
      );
      const found = await gateway.http
        .post('/v1/people/search')
        .set('Authorization', OFFICE)
        .send({ phoneNumber: who.phoneNumber });
      expect(found.body).toMatchObject({ data: [{ submissions: 1 }] });
      expect(
        (await gateway.http.delete(`/v1/people/${who.phoneNumber}`).set('Authorization', OFFICE)).status,
      ).toBe(200);
      expect((await runScript(LEDGER, ['verify'], gateway.environment)).verdict).toMatch(/^INTACT: /);
      expect((await gateway.log()).filter((line) => /"level":"error"/.test(line))).toEqual([]);
      await gateway.close();
    }, 120_000);

    it('the connection is encrypted for a certificate of an authority of one’s own', async () => {
      const tls = { DATABASE_URL: `${server.url()}?sslmode=verify-full`, DATABASE_CA: authority.certificate };
      const gateway = await GatewayProcess.prepare(
        (url) => ({ ...lab.environment(), ...keys, ...tls, PUBLIC_URL: url }),
        () => undefined,
      );
      await gateway.start();
      const sql = new Client(server.url());
      await sql.connect();
      const { rows } = await sql.query(
        `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'kyc-gateway%'`,
      );
      await sql.end();
      await gateway.end('SIGTERM');
      expect(rows).toEqual([{ ssl: true }]);
    }, 60_000);

    it.each([
      [
        'of another authority',
        'localhost',
        1,
        new TestAuthority().certificate,
        /DATABASE_CA_FILE names the authority/,
      ],
      [
        'of another name',
        'db.example.org',
        1,
        authority.certificate,
        /does not match certificate's altnames/,
      ],
      ['that has expired', 'localhost', -1, authority.certificate, /certificate has expired/],
    ])(
      'nothing is said to a server with a certificate %s',
      async (_, host, hours, ca, words) => {
        useCertificate(host, hours);
        const end = await start({ DATABASE_URL: `${server.url()}?sslmode=verify-full`, DATABASE_CA: ca });
        useCertificate('localhost');
        expect([end.code, end.complained.split('\n').length]).toEqual([1, 2]);
        expect(end.complained).toMatch(words);
      },
      60_000,
    );

    (HAS_PGBOUNCER ? it : it.skip)(
      'PgBouncer serves it in session mode',
      async () => {
        const pooler = await server.pool('session');
        await serves({ DATABASE_URL: pooler.url });
        await pooler.stop();
      },
      60_000,
    );

    (HAS_PGBOUNCER ? it : it.skip).each(['transaction', 'statement'] as const)(
      'PgBouncer in %s mode is refused in words, for requests and for migrations',
      async (mode) => {
        const pooler = await server.pool(mode);
        const words = /leads to a connection pooler in transaction or statement mode: set it to session mode/;
        for (const end of [
          await start({ DATABASE_URL: pooler.url }),
          await runScript(MIGRATE, [], { DATABASE_URL: server.url(), DATABASE_MIGRATION_URL: pooler.url }),
        ]) {
          expect(end.code).toBe(78);
          expect(end.complained).toMatch(words);
        }
        await pooler.stop();
      },
      60_000,
    );
  },
);

(IS_TOO_OLD ? it : it.skip)(
  'a PostgreSQL of before 13 is refused in words, for requests and for migrations',
  async () => {
    [server, lab] = [await InstalledPostgres.start(), await startLab({ units: UNITS })];
    const url = { DATABASE_URL: server.url(), PUBLIC_URL: 'http://localhost:1', PORT: '0' };
    const settings = { ...lab.environment(), ...keys, ...url };
    for (const end of [
      await runScript('dist/main.js', [], settings),
      await runScript(MIGRATE, [], settings),
    ]) {
      expect(end.code).toBe(78);
      expect(end.complained).toMatch(
        /DATABASE_URL leads to PostgreSQL [\d.]+: version 13 or newer is needed/,
      );
    }
    await lab.close();
    server.remove();
  },
  60_000,
);
