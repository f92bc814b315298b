import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsTls, postgresUrl, withoutTlsParameters } from './postgres-url';
import { asInProduction } from './schemas';

const schema = postgresUrl();
const STRONG = 'tq8mZ3vXw1cN5rYk';

function problem(url: string, production = true): string | undefined {
  const { error } = (production ? asInProduction(schema) : schema).safeParse(url);
  return error?.issues[0]?.message;
}

describe('The database of a production gateway', () => {
  it.each([
    [`postgres://kyc:${STRONG}@db.example.com/kyc`],
    [`postgresql://kyc:${STRONG}@db.example.com:6432/kyc?sslmode=require`],
    [`postgres://kyc:${encodeURIComponent(`p@ss/${STRONG}`)}@db.example.com/kyc?sslmode=verify-full`],
    ['postgres://kyc@db.example.com/kyc'],
    ['postgres:///kyc?host=/var/run/postgresql'],
    ['postgres://kyc@%2Fvar%2Frun%2Fpostgresql/kyc'],
    [`postgres://kyc:${STRONG}@localhost/kyc?sslmode=disable`],
    [`postgres://kyc:${STRONG}@[::1]/kyc`],
  ])('may be %s', (url) => expect(problem(url)).toBeUndefined());

  it.each([
    ['postgres://kyc:short@localhost/kyc', /at least 16 characters/],
    ['postgres://kyc@localhost/kyc?password=short', /at least 16 characters/],
    ['postgres://kyc_gateway_owner:KYC_gateway_owner@localhost/kyc', /it is the user's name/],
    ['postgres://kyc:passwordpassword@localhost/kyc', /repeats itself/],
    ['postgres://kyc:aaaaaaaaaaaaaaaaaaaa@localhost/kyc', /repeats a few characters/],
    [`postgres://kyc:${STRONG}@db.example.com/kyc?sslmode=disable`, /must not set sslmode so: DATABASE_TLS/],
    [`postgres://kyc:${STRONG}@db.example.com/kyc?sslmode=no-verify`, /must not set sslmode so/],
    [`postgres://kyc:${STRONG}@db.example.com/kyc?ssl=0`, /must not set ssl so/],
    [`postgres://kyc:${STRONG}@localhost/kyc?sslmode=prefer`, /must not set sslmode so/],
    [`postgres://kyc:${STRONG}@db.example.com/kyc?sslrootcert=/ca.pem`, /must not set sslrootcert so/],
    [`mysql://kyc:${STRONG}@db.example.com/kyc`, /must be postgres:/],
    [`postgres://kyc:100%zz${STRONG}@db.example.com/kyc`, /special characters as %XX/],
    [`postgres://kyc:a#b${STRONG}@db.example.com/kyc`, /special characters as %XX/],
  ])('is refused as %s', (url, reason) => {
    expect(problem(url)).toMatch(reason);
    expect(problem(url)).not.toContain(STRONG);
  });

  it('has no password that this repository shows, and Compose brings none', () => {
    const root = join(__dirname, '../../..');
    const pattern = 'postgres(ql)?://[^:/@ ]+:[^@ ]+@[a-z0-9.-]+';
    const shown = execFileSync('git', ['grep', '-hIoE', pattern, '--', ':!*.spec.ts'], {
      cwd: root,
      encoding: 'utf8',
    });
    const urls = shown.split('\n').filter((url) => URL.canParse(url) && !url.includes('${'));
    expect(urls.filter((url) => problem(`${url}/kyc`) === undefined)).toEqual([]);
    expect(readFileSync(join(root, 'docker-compose.yml'), 'utf8')).not.toMatch(/PASSWORD:-/);
  });
});

describe('A database outside production', () => {
  it.each(['postgres://kyc:kyc@localhost/kyc', 'postgres://kyc:passwordpassword@db.example.com/kyc'])(
    'may be %s',
    (url) => expect(problem(url, false)).toBeUndefined(),
  );
});

describe('TLS', () => {
  it.each([
    ['postgres://kyc@db.example.com/kyc', true],
    ['postgres://kyc@10.0.0.7/kyc', true],
    ['postgres://kyc@localhost/kyc', false],
    ['postgres://kyc@127.0.0.9/kyc', false],
    ['postgres://kyc@[::1]/kyc', false],
    ['postgres:///kyc?host=/var/run/postgresql', false],
    ['postgres://kyc@localhost/kyc?host=db.example.com', true],
    ['postgres://kyc@localhost/kyc?sslmode=require', true],
  ])('for %s: %s', (url, expected) => expect(needsTls(url)).toBe(expected));

  it('is not for the URL to decide: the driver sees nothing of it there', () => {
    const url = 'postgres://kyc:p%40ss@db.example.com:6432/kyc?sslmode=require&application_name=x';
    expect(withoutTlsParameters(url)).toBe(
      'postgres://kyc:p%40ss@db.example.com:6432/kyc?application_name=x',
    );
  });
});
