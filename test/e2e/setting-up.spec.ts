import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { commandBlocks } from '../../launch/command-blocks';
import { BARE, COMPILE_CACHE } from '../support/bare-environment';

/** A checkout of its own, in which nothing is configured. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kyc-setting-up-'));
  copyFileSync('package.json', join(folder, 'package.json'));
  for (const part of ['launch', 'dist', 'node_modules']) symlinkSync(resolve(part), join(folder, part));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a block of commands prints, pasted into a shell; none of them may fail. */
function pasted(code: string): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', code], {
    cwd: folder,
    env: { PATH: BARE.PATH, ...COMPILE_CACHE, HOME: folder },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect([code, status, stderr]).toEqual([code, 0, '']);
  return stdout;
}

function blocks(guide: string): string[] {
  return commandBlocks(`docs/guides/${guide}`).map(({ code }) => code);
}

const envFile = (): string => readFileSync(join(folder, '.env'), 'utf8');

describe('an operator with the guides alone', () => {
  it('adds a first and a further business unit (add-a-business-unit.md)', () => {
    const [init = '', doctor = '', fill = '', further = '', left = '', ...more] =
      blocks('add-a-business-unit.md');
    expect(more).toEqual([]);
    expect(pasted(init)).toContain('.env is written for nanovest');
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
    expect(pasted(doctor)).toMatch(/nanovest: not ready for production\n {2}- PUBLIC_URL is missing/);
    const filled = pasted(fill);
    expect(filled).not.toMatch(/is missing|is empty|must be|not known/);
    expect(filled).toMatch(/FAIL {2}all +PostgreSQL[^]*To tell the partners[^]*coe\/submissions-callback/);
    expect(filled).toMatch(/SIMAS_ID_BASE_URL is of a test environment/);
    const both = pasted(further);
    expect(envFile()).toMatch(/^BUSINESS_UNITS=nanovest,siminvest$/m);
    expect(both).toMatch(
      /siminvest: not ready for production\n {2}- BU_SIMINVEST_COMMON_KYC_CLIENT_ID is missing\n {2}- BU_SIMINVEST_COMMON_KYC_CLIENT_SECRET is set but empty/,
    );
    expect(both.split('siminvest: not ready')[0]).not.toContain('- BU_SIMINVEST');
    expect(pasted(left).trim().split('\n')).toHaveLength(4);
  });

  it('goes live (go-live.md)', () => {
    const [start = '', ...more] = blocks('go-live.md');
    expect(more).toEqual([]);
    expect(pasted(start)).toContain('nanovest: not ready for production');
    expect(envFile()).not.toMatch(/^\w+=.*(stg|staging|sandbox)/m);
  });

  it('makes what is to be rotated (rotate-secrets.md), one section or row for each secret', () => {
    const [make = '', ...more] = blocks('rotate-secrets.md');
    expect(more).toEqual([]);
    expect(pasted(make)).toMatch(/^[\w+/]{43}=\n[\w-]{32}\nwhsec_[\w+/]{43}=\n$/);
    expect(readFileSync(join(folder, 'ledger-2027.pem'), 'utf8')).toContain('BEGIN PRIVATE KEY');
    const guide = readFileSync('docs/guides/rotate-secrets.md', 'utf8');
    const reference = readFileSync('docs/generated/environment.md', 'utf8');
    const secrets = [...reference.matchAll(/^\| `(?:BU_<BU>_)?(\w+)` .*\*\(secret\)\*/gm)].map(
      ([, name = '']) => name,
    );
    expect(secrets.length).toBeGreaterThan(15);
    const spoken = guide.replaceAll('`…_', '`BU_<BU>_');
    const silent = secrets.filter(
      (name) => !spoken.includes(name) && !['DATABASE_URL', 'SMS_HTTP_BODY'].includes(name),
    );
    expect(silent).toEqual([]);
  });
});
