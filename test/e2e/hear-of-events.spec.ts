import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../lab/free-ports.fixture';
import { BARE } from '../support/bare-environment';
import { eventually } from '../support/eventually';
import { customer, verified } from '../support/submission-story';
import { startTestGateway, type TestGateway, UNITS } from '../support/test-gateway';

/** The receivers of docs/guides/hear-of-events.md, as a reader copies them. */
const RECEIVERS = ['receiver-express.mjs', 'receiver-nest.mts'] as const;
const SECRETS = [1, 2].map(() => `whsec_${randomBytes(32).toString('base64')}`).join();

interface Receiver {
  readonly url: string;
  /** What it printed. */
  said(): string;
  stop(): void;
}

let gateway: TestGateway;
let folder: string;
const receivers: Receiver[] = [];

beforeAll(async () => {
  // Beneath the project, where the program finds its packages.
  folder = mkdtempSync(join('dist', 'guide-'));
  const options = { experimentalDecorators: true, target: 'es2022', module: 'nodenext' };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
  for (const name of RECEIVERS) receivers.push(await start(name));
  const environment = UNITS.flatMap((unit, index) => [
    [`BU_${unit.toUpperCase()}_EVENTS_URL`, `${receivers[index]?.url ?? ''}/kyc-events`],
    [`BU_${unit.toUpperCase()}_EVENTS_SECRETS`, SECRETS],
  ]);
  gateway = await startTestGateway({ environment: Object.fromEntries(environment) });
});
afterAll(async () => {
  await gateway?.close();
  for (const receiver of receivers) receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(name: (typeof RECEIVERS)[number]): Promise<Receiver> {
  const guide = readFileSync('docs/guides/hear-of-events.md', 'utf8');
  const [, code = ''] =
    guide.split(new RegExp(`^\`\`\`\\w+ ${name}\\n`, 'm'))[1]?.match(/^(.*?)^```$/ms) ?? [];
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(24);
  const file = join(folder, name);
  writeFileSync(file, code);
  const port = await freePorts(1);
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@kyc-gateway/source', file],
    {
      env: {
        ...BARE,
        PORT: String(port),
        EVENTS_SECRETS: SECRETS,
        TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const url = `http://localhost:${port}`;
  const answers = (): Promise<boolean> =>
    fetch(url).then(
      () => true,
      () => false,
    );
  expect([name, await eventually(answers, Boolean, 30_000)]).toEqual([name, true]);
  return { url, said: () => said, stop: () => void child.kill() };
}

describe('the receiver of the guide', () => {
  it.each(UNITS.map((unit, index) => [RECEIVERS[index] ?? '', unit, index] as const))(
    'in %s hears of events, and of none that somebody else made up',
    async (_name, unit, index) => {
      const receiver = receivers[index];
      const { id } = await verified(gateway, customer(unit));
      const heard = `kyc.verified ${id} verified`;
      expect(
        await eventually(
          () => Promise.resolve(receiver?.said() ?? ''),
          (said) => said.includes(heard),
        ),
      ).toContain(heard);
      const forged = await fetch(`${receiver?.url ?? ''}/kyc-events`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': 'made-up',
          'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
          'webhook-signature': `v1,${randomBytes(32).toString('base64')}`,
        },
        body: JSON.stringify({ type: 'kyc.approved', timestamp: '', data: { seq: 1, submissionId: id } }),
      });
      expect(forged.status).toBe(401);
      expect(receiver?.said()).not.toContain('made-up');
    },
  );
});
