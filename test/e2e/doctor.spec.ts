import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { BARE } from '../support/bare-environment';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { ownSettings, UNITS } from '../support/test-gateway';
import { startTransactionPooler } from '../support/transaction-pooler';

jest.setTimeout(60_000);

let lab: Lab;
let database: TestDatabase;
let environment: Record<string, string>;

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
});
afterAll(async () => {
  await lab?.close();
  await database?.drop();
});

async function doctor(
  changed: Record<string, string> = {},
  all = environment,
): Promise<{ code: unknown; lines: string[] }> {
  const child = spawn(process.execPath, [join('dist', 'doctor.js')], {
    env: { ...BARE, ...all, ...changed },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, lines: Buffer.concat(said).toString().trimEnd().split('\n') };
}

const verdictOn = (lines: readonly string[], about: string): string =>
  lines
    .find((line) => line.replace(/ +/g, ' ').includes(about))
    ?.slice(0, 4)
    .trim() ?? 'not mentioned';

describe('npm run doctor', () => {
  it('tries everything that is configured, and says what to tell the partners', async () => {
    const { code, lines } = await doctor();
    expect(lines.at(-1)).toMatch(/^18 checks: 18 hold, 0 do not, 0 not tried$/);
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

  it('counts what still needs an older encryption key, and fails for one that was taken out too early', async () => {
    const keysOf = async (keys: string): Promise<[string, string]> => {
      const { lines } = await doctor({ DATA_ENCRYPTION_KEYS: keys });
      const line = lines.find((one) => one.includes('Encryption keys')) ?? '';
      return [line.slice(0, 4).trim(), line];
    };
    const { DATA_ENCRYPTION_KEYS: current = '' } = environment;
    const next = `next:${randomBytes(32).toString('base64')}`;
    expect(await keysOf(current)).toEqual([
      'ok',
      expect.stringContaining('nothing is sealed but under test'),
    ]);
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
    const left = '1 of gtf_callback, 1 of person, 3 of satusehat_frame';
    expect(await keysOf(`${next},${current}`)).toEqual([
      'ok',
      expect.stringContaining(`test is still needed: ${left}`),
    ]);
    expect(await keysOf(next)).toEqual([
      'FAIL',
      expect.stringContaining(`keys that are not configured: test (${left})`),
    ]);
  });

  it('warns of a unit in production whose bill for codes nothing limits', async () => {
    const nobody = 'https://127.0.0.1:9';
    const production = {
      ...ownSettings(),
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://kyc:a-long-password-of-our-own@127.0.0.1:9/kyc',
      BUSINESS_UNITS: UNITS.join(','),
      PUBLIC_URL: 'https://kyc.example.org',
      SIMAS_ID_BASE_URL: nobody,
      SIMAS_ID_ISSUER: nobody,
      TWILIO_BASE_URL: nobody,
    };
    for (const unit of ['NANOVEST', 'SIMINVEST'])
      Object.assign(production, {
        [`BU_${unit}_TWILIO_ACCOUNT_SID`]: 'AC0',
        [`BU_${unit}_TWILIO_AUTH_TOKEN`]: `auth-token-of-${unit}`,
        [`BU_${unit}_TWILIO_FROM`]: '+62811',
      });
    const { lines } = await doctor({ BU_SIMINVEST_OTP_LIMIT_PER_HOUR: '5000' }, production);
    expect(lines.filter((line) => line.startsWith('WARN'))).toEqual([
      expect.stringContaining('BU_NANOVEST_OTP_LIMIT_PER_HOUR is unset'),
    ]);
    expect(lines.at(-1)).toContain('1 with a warning');
  });

  it('never shows a secret', async () => {
    const { lines } = await doctor({ BU_NANOVEST_GTF_PASS_KEY: 'a-wrong-pass-key-of-ours' });
    const secrets = Object.entries({ ...environment, wrong: 'a-wrong-pass-key-of-ours' })
      .filter(([name]) => /SECRET|PASS_KEY|TOKEN$|KEYS$|_KEY$|wrong/.test(name))
      .map(([, value]) => value)
      .filter((value) => value.length >= 8);
    expect(secrets.length).toBeGreaterThan(8);
    for (const secret of secrets) expect(lines.join('\n')).not.toContain(secret);
  });

  it('finds every wrong credential and address, and only those', async () => {
    const wrong: Readonly<Record<string, readonly [name: string, value: string]>> = {
      'nanovest GTF e-KYC (COE)': ['BU_NANOVEST_GTF_PASS_KEY', 'a-wrong-pass-key-of-ours'],
      'nanovest SATUSEHAT': ['BU_NANOVEST_SATUSEHAT_CLIENT_SECRET', 'a-wrong-client-secret'],
      'nanovest Common KYC': ['BU_NANOVEST_COMMON_KYC_CLIENT_SECRET', 'a-wrong-client-secret'],
      'nanovest whatsapp': ['BU_NANOVEST_WHATSAPP_ACCESS_TOKEN', 'a-wrong-access-token'],
      'nanovest sms': ['BU_NANOVEST_TWILIO_AUTH_TOKEN', 'a-wrong-auth-token-'],
      'all SIMAS-ID key set': ['SIMAS_ID_JWKS_URI', 'http://localhost:9/certs'],
    };
    const { code, lines } = await doctor(Object.fromEntries(Object.values(wrong)));
    for (const about of Object.keys(wrong)) expect([about, verdictOn(lines, about)]).toEqual([about, 'FAIL']);
    expect(lines.filter((line) => line.startsWith('FAIL') && line.includes(' siminvest '))).toEqual([]);
    expect(lines.at(-1)).toMatch(/ do not, 0 not tried$/);
    expect(code).toBe(1);
  });

  it('still tries the partners when the database is away', async () => {
    const { code, lines } = await doctor({
      DATABASE_URL: 'postgres://nobody:nothing-at-all@127.0.0.1:9/none',
    });
    expect(verdictOn(lines, 'all PostgreSQL')).toBe('FAIL');
    expect(lines.at(-1)).toMatch(/^18 checks: 16 hold, 2 do not, 0 not tried$/);
    expect(code).toBe(1);
  });

  it('says of mail servers that are away what it found, and of everything else all the same', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, 'localhost', resolve));
    const { port } = silent.address() as AddressInfo;
    try {
      const away = await doctor({
        BU_NANOVEST_SMTP_URL: 'smtp://user:password-of-nanovest@localhost:9',
        BU_SIMINVEST_SMTP_URL: 'smtps://mail.invalid',
      });
      expect(away.lines.filter((line) => line.includes('no mail session'))).toEqual([
        expect.stringMatching(/^FAIL {2}nanovest .*localhost:9 \(ECONNREFUSED\)$/),
        expect.stringMatching(/^FAIL {2}siminvest .*mail\.invalid:465 \(\w+\)$/),
      ]);
      expect(away.lines.at(-1)).toMatch(/^18 checks: 16 hold, 2 do not, 0 not tried$/);
      const mute = await doctor({ BU_NANOVEST_SMTP_URL: `smtp://localhost:${port}` });
      expect(mute.lines.find((line) => line.includes('no mail session'))).toContain('(ETIMEDOUT)');
      expect(mute.lines.at(-1)).toMatch(/^18 checks: 17 hold, 1 do not, 0 not tried$/);
      expect([away.code, mute.code]).toEqual([1, 1]);
    } finally {
      silent.close();
    }
  });

  it('says why the database cannot be used', async () => {
    const reason = async (url: string): Promise<string> => {
      const { lines } = await doctor({ DATABASE_URL: url });
      return lines.find((line) => line.includes('PostgreSQL')) ?? '';
    };
    const wrong = new URL(database.url);
    wrong.password = 'nothing-at-all';
    expect(await reason(wrong.href)).toMatch(
      /password authentication failed .*: user and password of DATABASE_URL/,
    );
    const pooler = await startTransactionPooler(database.url);
    expect(await reason(pooler.url)).toMatch(/a connection pooler in transaction or statement mode/);
    await pooler.close();
  });

  it('names everything that is wrong with the configuration itself', async () => {
    const { code, lines } = await doctor({ PORT: 'many', LOG_LEVEL: 'loud' });
    expect(lines.filter((line) => line.startsWith('FAIL'))).toHaveLength(2);
    expect(code).toBe(78);
  });
});
