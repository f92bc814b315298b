import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../lab/free-ports.fixture';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../launch/embedded-postgres';
import { eventually } from '../support/eventually';
import { ownSettings } from '../support/test-gateway';
import { brokenLinks, StageBuilder } from './dockerfile';

/** Somebody who owns nothing of the image, as its root is read-only; who runs the tests where they are not root. */
const ANYBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const MAY_WRITE = 0o1777;

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

let folder: string;
let image: string;
let builder: StageBuilder;
let postgres: EmbeddedPostgres;
let environment: Record<string, string>;
let gateway: ChildProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-image-'));
  chmodSync(folder, MAY_WRITE);
  const data = mkdtempSync(join(folder, 'data-'));
  chmodSync(data, 0o711);
  postgres = await startEmbeddedPostgres({ dataDir: data });
  builder = new StageBuilder(process.cwd(), folder);
  image = builder.build('gateway');
  const port = await freePorts(1);
  const nobody = 'https://127.0.0.1:9';
  environment = {
    ...ownSettings(['nanovest']),
    ...imageSettings(),
    DATABASE_URL: postgres.url,
    BUSINESS_UNITS: 'nanovest',
    PUBLIC_URL: 'https://kyc.example.org',
    SIMAS_ID_BASE_URL: nobody,
    SIMAS_ID_ISSUER: nobody,
    PORT: String(port),
    METRICS_PORT: '0',
  };
});
afterAll(async () => {
  if (gateway?.exitCode === null) {
    gateway.kill('SIGTERM');
    await once(gateway, 'exit');
  }
  await postgres?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** ENV of the image. */
function imageSettings(): Record<string, string> {
  const lines = builder.stage('gateway').instructions.filter(({ name }) => name === 'ENV');
  return Object.fromEntries(
    lines.flatMap(({ words }) => words.split(' ').map((pair) => pair.split('=') as [string, string])),
  );
}

/** The words of an instruction in JSON, such as CMD. */
function wordsOf(name: string): string[] {
  const { words = '' } = builder.stage('gateway').instructions.find((one) => one.name === name) ?? {};
  return JSON.parse(/\[.*\]$/.exec(words)?.[0] ?? '[]') as string[];
}

/** As a process of the image has it: nobody's home, the image's own folder, nothing of the project's. */
function surroundings(more: Record<string, string> = {}): object {
  const PATH = `${join(process.execPath, '..')}:/usr/bin:/bin`;
  return { cwd: image, env: { PATH, HOME: '/nonexistent', ...environment, ...more }, ...ANYBODY };
}

function run(command: string, ...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(command, args, { ...surroundings(), encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

describe('The image', () => {
  it('is built without what only developers need, and of every workspace', () => {
    const { workspaces } = JSON.parse(readFileSync('package.json', 'utf8')) as { workspaces: string[] };
    const packages = builder.build('packages');
    expect(workspaces.filter((name) => !existsSync(join(packages, name, 'package.json')))).toEqual([]);
    const installed = readdirSync(join(image, 'node_modules'));
    expect(installed).toEqual(expect.arrayContaining(['fastify', 'pg', 'typeorm']));
    expect(
      installed.filter((name) => /^(typescript|jest|eslint|vite|react|node-runtime|@kyc-gateway)/.test(name)),
    ).toEqual([]);
    expect(brokenLinks(image)).toEqual([]);
    const [size] = execFileSync('du', ['-sm', image], { encoding: 'utf8' }).split('\t');
    process.stdout.write(`the image's folder: ${size} MB\n`);
  });

  it('runs as a user without rights, on an exact version of its base', () => {
    const { base, instructions } = builder.stage('gateway');
    expect(base).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/);
    expect(instructions).toContainEqual({ name: 'USER', words: 'node' });
  });

  it('migrates as a step of its own', () => {
    expect(run('npm', 'run', '--silent', 'migrate')).toMatchObject({ status: 0 });
  });

  it('serves, and says by its health check when it does', async () => {
    const [program = '', ...args] = wordsOf('CMD');
    gateway = spawn(program, args, { ...surroundings({ MIGRATIONS: 'check' }), stdio: 'ignore' });
    const [check = '', ...words] = wordsOf('HEALTHCHECK');
    const healthy = await eventually(
      () => Promise.resolve(run(check, ...words).status),
      (status) => status === 0 || gateway.exitCode !== null,
      60_000,
    );
    expect([healthy, gateway.exitCode]).toEqual([0, null]);
    const page = await fetch(`http://127.0.0.1:${environment['PORT']}/console`);
    expect(page.status).toBe(200);
  });

  it('tells an unhealthy process by the same command', () => {
    const [check = '', ...words] = wordsOf('HEALTHCHECK');
    environment['PORT'] = '9';
    expect(run(check, ...words).status).not.toBe(0);
  });

  it.each(['npm run --silent doctor', 'node dist/doctor.js'])('has "%s"', (command) => {
    const { status, output } = run('bash', '-c', command);
    expect({ status, output }).toEqual({ status: 1, output: expect.stringMatching(/^ok .* PostgreSQL /m) });
  });

  it.each(['npm run --silent ledger --', 'node dist/ledger.js'])(
    'has "%s", and what verifies exports',
    (ledger) => {
      expect(run('bash', '-c', `${ledger} verify`).output).toMatch(/^INTACT: /m);
      const out = join(folder, 'export.jsonl');
      const exported = run('bash', '-c', `${ledger} export --business-unit nanovest --out ${out}`);
      expect(exported.output).toMatch(/EXPORTED|NOTHING EXPORTED/);
      writeFileSync(out, 'no export');
      const said = /^NOT INTACT: /m;
      expect(run('bash', '-c', `${ledger} verify ${out}`)).toMatchObject({
        output: expect.stringMatching(said),
      });
      expect(run('node', 'launch/verify-ledger-export.mjs', out).output).toMatch(said);
    },
  );
});
