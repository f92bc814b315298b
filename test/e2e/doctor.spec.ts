import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { BARE } from '../support/bare-environment';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { ownSettings, UNITS } from '../support/test-gateway';
import { startTransactionPooler } from '../support/transaction-pooler';

jest.setTimeout(60_000);

type Environment = Readonly<Record<string, string>>;

interface Diagnosis {
  readonly code: unknown;
  readonly lines: readonly string[];
  /** The mark of the first line that says this. */
  verdictOn(about: string): string;
  /** The reasons below a unit's verdict. */
  reasons(unit: string): readonly string[];
}

const AT_ONCE = 3;
const WRONG: Readonly<Record<string, readonly [name: string, value: string]>> = {
  'all SIMAS-ID key set': ['SIMAS_ID_JWKS_URI', 'http://localhost:9/certs'],
  'nanovest GTF e-KYC (COE)': ['BU_NANOVEST_GTF_PASS_KEY', 'a-wrong-pass-key-of-ours'],
  'nanovest SATUSEHAT': ['BU_NANOVEST_SATUSEHAT_CLIENT_SECRET', 'a-wrong-client-secret'],
  'nanovest Common KYC': ['BU_NANOVEST_COMMON_KYC_CLIENT_SECRET', 'a-wrong-client-secret'],
  'nanovest whatsapp': ['BU_NANOVEST_WHATSAPP_ACCESS_TOKEN', 'a-wrong-access-token'],
  'nanovest sms': ['BU_NANOVEST_TWILIO_AUTH_TOKEN', 'a-wrong-auth-token-'],
  'nanovest events': ['BU_NANOVEST_EVENTS_URL', 'http://localhost:9/kyc-events'],
};
const NOBODY = 'https://127.0.0.1:9';

let lab: Lab;
let database: TestDatabase;
let environment: Record<string, string>;
let silent: Server;
const runs = new Map<string, Diagnosis>();

beforeAll(async () => {
  await buildWhenStale();
  lab = await startLab({ units: UNITS });
  database = await createTestDatabase();
  environment = {
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: database.url,
    PUBLIC_URL: 'https://kyc.example.org',
  };
  silent = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, 'localhost', resolve));
  const { port } = silent.address() as AddressInfo;
  const { DATABASE_URL: _, ...beforeTheFirstStart } = environment;
  const { DATA_ENCRYPTION_KEYS: current = '' } = environment;
  const next = `next:${randomBytes(32).toString('base64')}`;
  const pooler = await startTransactionPooler(database.url);
  // A mail server that says nothing takes ten seconds: it comes first, and the others run beside it.
  await runAll({
    away: {
      ...environment,
      DATABASE_URL: 'postgres://nobody:nothing-at-all@127.0.0.1:9/none',
      BU_NANOVEST_SMTP_URL: 'smtp://user:password-of-nanovest@localhost:9',
      BU_SIMINVEST_SMTP_URL: `smtp://localhost:${port}`,
      BU_SIMINVEST_EVENTS_URL: `https://localhost:${port}/`,
    },
    everything: environment,
    wrong: {
      ...environment,
      DATABASE_URL: Object.assign(new URL(database.url), { password: 'nothing-at-all' }).href,
      ...Object.fromEntries(Object.values(WRONG)),
    },
    production: inProduction(),
    beforeTheFirstStart: { ...beforeTheFirstStart, PORT: 'many', BU_NANOVEST_GTF_PASS_KEY: '' },
  });
  await sealSomething();
  await runAll({
    withOlderKey: {
      ...environment,
      DATABASE_URL: pooler.url,
      DATA_ENCRYPTION_KEYS: `${next},${current}`,
    },
    withoutIt: { ...environment, DATA_ENCRYPTION_KEYS: next },
  });
  await pooler.close();
});
afterAll(async () => {
  silent?.close();
  await lab?.close();
  await database?.drop();
});

async function runAll(wanted: Readonly<Record<string, Environment>>): Promise<void> {
  const waiting = Object.entries(wanted);
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) runs.set(next[0], await doctor(next[1]));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function doctor(all: Environment, args: readonly string[] = [], input = ''): Promise<Diagnosis> {
  const child = spawn(process.execPath, [join('dist', 'doctor.js'), ...args], {
    env: { ...BARE, ...all },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const [code] = (await once(child, 'close')) as [unknown];
  const lines = Buffer.concat(said).toString().trimEnd().split('\n');
  return {
    code,
    lines,
    verdictOn: (about) =>
      lines
        .find((line) => line.replace(/ +/g, ' ').includes(about))
        ?.slice(0, 4)
        .trim() ?? 'not mentioned',
    reasons: (unit) => {
      const from = lines.findIndex((line) => line.startsWith(`${unit}: `)) + 1;
      const to = lines.findIndex((line, index) => index >= from && !line.startsWith('  - '));
      return lines.slice(from, to).map((line) => line.slice('  - '.length));
    },
  };
}

function inProduction(): Environment {
  const twilio = UNITS.flatMap((unit) =>
    Object.entries({ ACCOUNT_SID: 'AC0', AUTH_TOKEN: `auth-token-of-${unit}`, FROM: '+62811' }).map(
      ([name, value]) => [`BU_${unit.toUpperCase()}_TWILIO_${name}`, value],
    ),
  );
  return {
    ...ownSettings(),
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://kyc:a-long-password-of-our-own@127.0.0.1:9/kyc',
    BUSINESS_UNITS: UNITS.join(','),
    PUBLIC_URL: 'https://kyc.example.org',
    SIMAS_ID_BASE_URL: NOBODY,
    SIMAS_ID_ISSUER: NOBODY,
    TWILIO_BASE_URL: NOBODY,
    BU_SIMINVEST_OTP_LIMIT_PER_HOUR: '5000',
    ...(Object.fromEntries(twilio) as Environment),
  };
}

async function sealSomething(): Promise<void> {
  const sql = new Client(database.url);
  await sql.connect();
  await sql.query(
    `INSERT INTO person (business_unit, id, key_id, wrapped_key, created_at)
       VALUES ('nanovest', gen_random_uuid(), 'test', '\\x00', now());
     INSERT INTO satusehat_frame (business_unit, submission_id, key_id, sealed, expires_at)
       SELECT 'nanovest', gen_random_uuid(), 'test', '\\x00', now() FROM generate_series(1, 3);
     INSERT INTO gtf_callback (business_unit, digest, key_id, sealed, received_at)
       VALUES ('nanovest', sha256('1'), 'test', '\\x00', now())`,
  );
  await sql.end();
}

/** A reason that begins so. */
const startsWith = (subject: string): unknown => expect.stringContaining(`${subject}: `);

function run(name: string): Diagnosis {
  const diagnosis = runs.get(name);
  if (diagnosis === undefined) throw new Error(`there was no run "${name}"`);
  return diagnosis;
}

describe('npm run doctor', () => {
  it('tries everything that is configured, and says what to tell the partners', () => {
    const { code, lines } = run('everything');
    expect(lines.at(-1)).toMatch(/^20 checks: 20 hold, 0 do not, 0 not tried$/);
    expect(code).toBe(0);
    // The tests' own PostgreSQL is thrown away and need not be durable; in production that would be a failure.
    expect(lines.find((line) => line.includes('PostgreSQL'))).toContain('fsync off');
    for (const told of ['/v1/webhooks/otp', '/coe/submissions-callback', '/v1/webhooks/whatsapp/nanovest'])
      expect(lines.join('\n')).toContain(`https://kyc.example.org${told}`);
    // Nothing was sent to anybody, and nothing stored.
    expect(lab.twilio.messages()).toHaveLength(0);
    expect(lab.whatsapp.messages()).toHaveLength(0);
    expect(lab.commonKyc.records()).toHaveLength(0);
  });

  it('ends with each unit, and why it is not ready for production', () => {
    for (const unit of UNITS) {
      expect(run('everything').lines).toContain(`${unit}: not ready for production`);
      expect(run('everything').reasons(unit)).toEqual([
        expect.stringContaining('NODE_ENV is not production'),
      ]);
    }
    expect(run('wrong').reasons('nanovest')).toEqual([
      expect.stringMatching(/^NODE_ENV/),
      ...['PostgreSQL', 'Encryption keys', 'SIMAS-ID key set'].map(startsWith),
      ...[
        'whatsapp (whatsapp)',
        'sms (twilio)',
        'Common KYC',
        'GTF e-KYC (COE)',
        'GTF identity (SIV)',
        'SATUSEHAT',
        'events',
      ].map(startsWith),
    ]);
    expect(run('wrong').reasons('siminvest')).toHaveLength(4);
  });

  it('counts what still needs an older encryption key, and fails for one that was taken out too early', () => {
    const keys = ({ lines }: Diagnosis): string => lines.find((one) => one.includes('Encryption keys')) ?? '';
    expect(keys(run('everything'))).toMatch(/^ok .*nothing is sealed but under test/);
    const left = '1 of gtf_callback, 1 of person, 3 of satusehat_frame';
    expect(keys(run('withOlderKey'))).toMatch(new RegExp(`^ok .*test is still needed: ${left}`));
    expect(keys(run('withoutIt'))).toMatch(/^FAIL/);
    expect(keys(run('withoutIt'))).toContain(`keys that are not configured: test (${left})`);
  });

  it('warns of a unit in production whose bill for codes nothing limits', () => {
    const { lines, reasons } = run('production');
    expect(lines.filter((line) => line.startsWith('WARN'))).toEqual([
      expect.stringContaining('BU_NANOVEST_OTP_LIMIT_PER_HOUR is unset'),
    ]);
    expect(lines.at(-1)).toContain('1 with a warning');
    expect(reasons('nanovest').at(-1)).toMatch(
      /^warning: limit for its bill: BU_NANOVEST_OTP_LIMIT_PER_HOUR/,
    );
    expect(reasons('siminvest').join()).not.toContain('warning');
  });

  it('never shows a secret', () => {
    const secrets = Object.entries({ ...environment, ...Object.fromEntries(Object.values(WRONG)) })
      .filter(([name]) => /SECRET|PASS_KEY|TOKEN$|KEYS$|_KEY$/.test(name))
      .map(([, value]) => value)
      .filter((value) => value.length >= 8);
    expect(secrets.length).toBeGreaterThan(8);
    for (const { lines } of runs.values())
      for (const secret of [...secrets, 'nothing-at-all', 'password-of-nanovest'])
        expect(lines.join('\n')).not.toContain(secret);
  });

  it('finds every wrong credential and address, and only those', () => {
    const { code, lines, verdictOn } = run('wrong');
    for (const about of Object.keys(WRONG)) expect([about, verdictOn(about)]).toEqual([about, 'FAIL']);
    expect(lines.filter((line) => line.startsWith('FAIL') && line.includes(' siminvest '))).toEqual([]);
    expect(lines.find((line) => line.includes('SIMAS-ID key set'))).toMatch(/localhost:9: ECONNREFUSED$/);
    expect(lines.at(-1)).toMatch(/ do not, 0 not tried$/);
    expect(code).toBe(1);
  });

  it('tries everything else while the database and mail servers are away, and says what it found of those', () => {
    const { code, lines, verdictOn } = run('away');
    expect(verdictOn('all PostgreSQL')).toBe('FAIL');
    expect(lines.filter((line) => /^FAIL.*no mail session/.test(line))).toEqual([
      expect.stringMatching(/^FAIL {2}nanovest .*localhost:9 \(ECONNREFUSED\)$/),
      expect.stringMatching(/^FAIL {2}siminvest .*\(ETIMEDOUT\)$/),
    ]);
    expect(lines.filter((line) => /^FAIL.*no connection to/.test(line))).toEqual([
      expect.stringMatching(/^FAIL {2}siminvest .*no connection to localhost:\d+ \(ETIMEDOUT\)$/),
    ]);
    expect(lines.at(-1)).toMatch(/^20 checks: 15 hold, 5 do not, 0 not tried$/);
    expect(code).toBe(1);
  });

  it('says why the database cannot be used', () => {
    const reason = ({ lines }: Diagnosis): string => lines.find((line) => line.includes('PostgreSQL')) ?? '';
    expect(reason(run('away'))).toContain('ECONNREFUSED 127.0.0.1:9');
    expect(reason(run('wrong'))).toMatch(
      /password authentication failed .*: user and password of DATABASE_URL/,
    );
    expect(reason(run('withOlderKey'))).toMatch(/a connection pooler in transaction or statement mode/);
  });

  it('names all that is wrong with the configuration itself, and tries what does not depend on it', () => {
    const { code, lines, verdictOn, reasons } = run('beforeTheFirstStart');
    expect(lines.filter((line) => line.startsWith('FAIL'))).toEqual([
      expect.stringContaining('PORT must be'),
      expect.stringContaining('DATABASE_URL is missing'),
      expect.stringContaining('BU_NANOVEST_GTF_PASS_KEY is set but empty'),
      expect.stringContaining('BU_NANOVEST_GTF_CLIENT_ID is missing (needed by GTF_COE'),
      expect.stringContaining('BU_NANOVEST_GTF_CLIENT_ID is missing (needed by GTF_SIV'),
    ]);
    expect(verdictOn('all PostgreSQL')).toBe('--');
    expect(verdictOn('nanovest SATUSEHAT')).toBe('ok');
    expect(reasons('nanovest').length).toBeGreaterThan(reasons('siminvest').length);
    expect(reasons('siminvest').join()).not.toContain('NANOVEST');
    expect(code).toBe(78);
  });
});

describe('npm run doctor -- --token', () => {
  it('says of each rule what was found and wanted, and ends as the gateway answers', async () => {
    const mint = (overrides: Readonly<Record<string, unknown>> = {}): string =>
      lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: '6281234567890', overrides });
    const file = join(mkdtempSync(join(tmpdir(), 'kyc-token-')), 'token');
    writeFileSync(file, `Authorization: Bearer ${mint({ typ: 'ID', azp: 'stranger' })}\n`);
    const [good, bad, mistyped] = await Promise.all([
      doctor(environment, ['--token', '-'], `${mint()}\n`),
      doctor(environment, ['--token', `@${file}`]),
      doctor(environment, ['--tokn', 'x']),
    ]);
    expect([good.code, good.lines.at(-1)]).toEqual([0, 'TAKEN: the token is good, for people of nanovest']);
    expect(good.lines.filter((line) => /^\w/.test(line) && !line.startsWith('ok '))).toEqual([
      good.lines.at(-1),
    ]);
    expect([bad.code, bad.lines.at(-1)]).toEqual([
      1,
      expect.stringContaining('REFUSED: 401 invalid_token, error_description="type_not_access"'),
    ]);
    expect(
      bad.lines.filter((line) => line.startsWith('FAIL')).map((line) => line.slice(6, 16).trim()),
    ).toEqual(['typ', 'aud, azp']);
    expect([...good.lines, ...bad.lines].join()).not.toContain('81234567890');
    expect([mistyped.code, mistyped.lines.join()]).toEqual([
      64,
      expect.stringContaining('npm run doctor --'),
    ]);
  });
});
