import { spawn } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BARE, COMPILE_CACHE } from '../support/bare-environment';

const PROGRAMS: readonly (readonly [program: readonly string[], code: number, words: string])[] = [
  [['dist/main.js'], 78, 'PORT must be a whole number'],
  [['dist/doctor.js'], 78, 'PORT must be a whole number'],
  [['launch/start.mjs'], 78, 'PORT must be a whole number'],
  [['launch/command.mjs', 'ledger', 'verify'], 2, 'PORT must be a whole number'],
  [['--import', require.resolve('tsx'), 'launch/journey.ts'], 1, '/dev/null/data'],
];

const folder = mkdtempSync(join(tmpdir(), 'kyc-env-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program in the folder, with nothing but its `.env`, to its end: its exit code, and what it said. */
async function run(
  program: readonly string[],
  nodeOptions = '',
): Promise<readonly [code: unknown, said: string]> {
  const child = spawn(
    process.execPath,
    program.map((part) => (/^(dist|launch)\//.test(part) ? resolve(part) : part)),
    {
      cwd: folder,
      env: { PATH: BARE.PATH, ...COMPILE_CACHE, NODE_OPTIONS: nodeOptions },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((done) => child.once('close', done));
  return [code, said];
}

describe('.env of the working folder', () => {
  it('is read by every program that an operator starts', async () => {
    writeFileSync(join(folder, '.env'), "NODE_ENV=production\nPORT='many'\nDATA_DIR='/dev/null/data'\n");
    const ended = await Promise.all(
      PROGRAMS.map(async ([program]) => [program, await run(program)] as const),
    );
    expect(ended).toEqual(
      PROGRAMS.map(([program, code, words]) => [program, [code, expect.stringContaining(words)]]),
    );
  });

  it('says production, and a ledger command that is killed there does not say that the ledger is not intact', async () => {
    writeFileSync(join(folder, '.env'), 'NODE_ENV=production\n');
    const kill = 'process.argv[1].endsWith("ledger.js") && process.kill(process.pid, "SIGKILL")';
    const preload = `--import=data:text/javascript,${encodeURIComponent(kill)}`;
    expect(await run(['launch/command.mjs', 'ledger', 'verify'], preload)).toEqual([2, '']);
  });

  it('is not taken for none where it cannot be opened', async () => {
    const file = join(folder, '.env');
    rmSync(file, { force: true });
    symlinkSync('.env', file);
    expect(await run(['launch/start.mjs'])).toEqual([
      78,
      expect.stringContaining('.env cannot be read (ELOOP)'),
    ]);
  });

  it('is written for a business unit, readable by nobody else, and never over another', async () => {
    const file = join(folder, '.env');
    rmSync(file, { force: true });
    expect(await run(['dist/init.js', '--unit', 'nanovest'])).toEqual([0, expect.stringContaining('doctor')]);
    const text = readFileSync(file, 'utf8');
    expect([statSync(file).mode & 0o777, text.includes('\nBUSINESS_UNITS=nanovest\n')]).toEqual([
      0o600,
      true,
    ]);
    const [again, mistyped] = await Promise.all([
      run(['dist/init.js', '--unit', 'siminvest']),
      run(['dist/init.js', '--unit', 'siminvest', '--print', '--forse']),
    ]);
    expect(again).toEqual([1, expect.stringContaining('nothing was written')]);
    expect(mistyped).toEqual([64, expect.stringMatching(/--forse[^]*npm run init -- --unit ID/)]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('and the shell’s own variables reach no program that a test or benchmark starts', () => {
    const NODE_COMPILE_CACHE = expect.any(String) as string;
    expect(BARE).toEqual({ PATH: expect.any(String), ENV_FILE: '', NODE_COMPILE_CACHE });
    const files = ['test', 'bench', 'src', 'lab', 'launch'].flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' }).map((file) => join(root, file)),
    );
    const tests = files.filter((file) => /^(test|bench)\/.*\.ts$|\.spec\.ts$/.test(file));
    const lines = tests.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(tests.length).toBeGreaterThan(200);
    // What starts programs hands down `BARE`, or single variables; apt-get alone needs all.
    const handsDownAll = lines.filter((line) => /(\.\.\.|env: )process\.env\b/.test(line));
    expect(
      handsDownAll.filter(
        (line) => !line.includes('DEBIAN_FRONTEND') && !line.startsWith('test/e2e/env-file'),
      ),
    ).toEqual([]);
  });
});
