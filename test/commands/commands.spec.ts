import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { commandBlocks, documentsWithCommands } from '../../launch/command-blocks';
import type { RunningState } from '../../launch/running-state';
import { freePorts } from '../support/launched-gateway';

/** What a checkout of the project does not have. */
const MADE = /^(node_modules|dist|\.git|\.data|\.env)$/;
/** The gateway keeps outside of its database what the guides verify against. */
const KEPT_OUTSIDE = {
  DATA_ENCRYPTION_KEYS: `2026-01:${randomBytes(32).toString('base64')}`,
  LEDGER_CHECKPOINT_FILE: 'checkpoints.jsonl',
  ERASURES_FILE: 'erasures.jsonl',
};
/** curl ends with 22 when a command of a document is refused. */
const STRICT_CURL = 'curl() { command curl --fail-with-body "$@"; }';

/** What a reader has at hand who comes to a document, beside a gateway that ran the journey. */
const AT_HAND: Readonly<Record<string, string>> = {
  'README.md': 'touch FILE',
  'docs/guides/a-code-did-not-arrive.md': `
ID=$(curl -sS -u "$OTP" http://localhost:3000/v1/webhooks/otp -H 'content-type: application/json' \\
  -d '{"identifier":"084512340987","otp":"482913","channel":"sms"}' | node -pe 'JSON.parse(fs.readFileSync(0)).id')
sleep 2; ln -sf .data/gateway.log gateway.log`,
  'docs/guides/hear-of-events.md': `
ID=$(curl -sS -u user:password http://localhost:3000/v1/event-deliveries | node -pe 'JSON.parse(fs.readFileSync(0)).data[0].id')`,
  'docs/guides/prove-and-forget.md': `
cp launch/verify-ledger-export.mjs .; cp ledger.pem ledger-2025.pem; cp ledger.pem ledger-2026.pem
SUBMISSION=$(curl -sS -u user:password http://localhost:3000/v1/submissions | node -pe 'JSON.parse(fs.readFileSync(0)).data[0].id')
PHONE=6281234567890`,
  'docs/guides/satusehat.md': 'API_USER=user API_PASSWORD=password',
};
/** These show refusals on purpose. */
const WITH_REFUSALS = ['docs/guides/how-a-token-is-judged.md'];

const documents = documentsWithCommands().flatMap((file) => {
  const blocks = commandBlocks(file).filter((block) => (block.executedBy ?? block.notExecuted) === undefined);
  return blocks.length === 0 ? [] : [{ file, code: blocks.map(({ code }) => code).join('\n') }];
});

let folder: string;
let ports: { PORT: string; LAB_BASE_PORT: string };
let started: ChildProcess;
let state: RunningState;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-commands-'));
  cpSync('.', folder, { recursive: true, filter: (path) => !MADE.test(basename(path)) });
  ports = await freePorts();
  // README.md begins with the block that installs and starts everything.
  const [start] = commandBlocks('README.md');
  expect(start?.executedBy).toBe('test/commands/commands.spec.ts');
  started = inBash(start?.code ?? '');
  let said = '';
  started.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    started.stdout?.on('data', () => said.includes('Next: ') && resolve());
    started.once('close', () => reject(new Error(said)));
  });
  state = JSON.parse(readFileSync(join(folder, '.data', 'running.json'), 'utf8')) as RunningState;
  await printedBy(`
npm run journey
npm run ledger -- export --business-unit nanovest --out nanovest.jsonl
node -p "require('./.data/secrets.json').LEDGER_SIGNING_KEY" > signing-key.pem
openssl pkey -in signing-key.pem -pubout -out ledger.pem`);
});
afterAll(async () => {
  if (started?.exitCode === null) {
    const ended = once(started, 'close');
    process.kill(-(started.pid ?? 0), 'SIGINT');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** As in a terminal of its own, in the copy. */
function inBash(code: string): ChildProcess {
  return spawn('bash', ['-euo', 'pipefail', '-c', code], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...ports,
      ...KEPT_OUTSIDE,
      OTP: state?.businessUnits['nanovest']?.otpWebhook ?? '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

/** Fills in what differs from machine to machine: ports and credentials. */
function filledIn(code: string): string {
  const [user = '', password = ''] = (state.businessUnits['nanovest']?.api ?? '').split(':');
  const labPort = (printed: string): number => Number(ports.LAB_BASE_PORT) + Number(printed) - 4400;
  return code
    .replace(/\b(localhost|127\.0\.0\.1):3000\b/g, `$1:${ports.PORT}`)
    .replace(
      /\b(localhost|127\.0\.0\.1):(44\d\d)\b/g,
      (_, host: string, port: string) => `${host}:${labPort(port)}`,
    )
    .replace(/\b(nanovest-office|user):password\b/g, `${user}:${password}`)
    .replace('API_USER=user API_PASSWORD=password', `API_USER='${user}' API_PASSWORD='${password}'`);
}

/** What the commands print; rejects with it, and their complaints, when one of them fails. */
async function printedBy(code: string): Promise<string> {
  const child = inBash(filledIn(code));
  let [printed, all] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (all += chunk.toString()));
  const [exit] = (await once(child, 'close')) as [number | null];
  if (exit !== 0) throw new Error(`exit code ${exit}\n${all.slice(-4_000)}`);
  return printed;
}

describe('Pasted into one shell from top to bottom, beside a gateway that npm start started', () => {
  it.each(documents)('no command of $file fails', async ({ file, code }) => {
    const curl = WITH_REFUSALS.includes(file) ? '' : STRICT_CURL;
    const printed = await printedBy([curl, AT_HAND[file] ?? '', code].join('\n'));
    // Past Jest, which keeps what tests print until they end.
    process.stdout.write(`${file}: ${printed.split('\n').length - 1} lines\n`);
  });
});

describe('What is at hand', () => {
  it('is of documents whose commands are executed here', () => {
    const here = documents.map(({ file }) => file);
    expect([...Object.keys(AT_HAND), ...WITH_REFUSALS].filter((file) => !here.includes(file))).toEqual([]);
  });
});
