// `npm run test:planted [-- matrix]`: each kind of proof finds the fault that is planted for it, in a copy of the built program.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FUZZ = ['--config', 'test/fuzz/jest.config.mjs'];
const DRILLS = ['--config', 'test/faults/jest.config.mjs'];
const SYSTEM = ['--selectProjects', 'system'];
const CLIENT = 'platform/outbound/partner-http.client.js';

/** What is planted, by replacement in a file of `dist`, and the test that has to fail for it; `cells`: patterns of the matrix's rows and faults to play; `says`: what the failing run must print. */
const PLANTED = [
  {
    name: 'a maximum of the document is ignored',
    file: 'platform/paging/page-query.dto.js',
    replace: ['.Max)(LARGEST_PAGE)', '.Max)(1e9)'],
    caughtBy: ['test/fuzz/operations', '-t', 'listSubmissions', ...FUZZ],
  },
  {
    name: 'a transfer coding that nobody knows is taken for chunked',
    file: 'platform/http/adapter.js',
    replace: ['if (coding !== undefined &&', 'if (false &&'],
    caughtBy: ['test/fuzz/framings', '-t', 'a coding of', ...FUZZ],
  },
  {
    name: 'a critical extension of a token is ignored',
    file: 'auth/token/access-token.js',
    replace: ['(crit)=>crit === undefined', '()=>true'],
    caughtBy: ['test/fuzz/tokens', '-t', 'critical_header', ...FUZZ],
  },
  {
    name: 'a name is kept as it was typed, not in normal form C',
    file: 'platform/http/validation.pipe.js',
    replace: ["value.normalize('NFC')", 'value'],
    caughtBy: ['test/fuzz/texts', '-t', 'is given back', ...FUZZ],
  },
  {
    name: 'one answer for all that were written together',
    file: 'platform/database/write-batcher.js',
    replace: ['results[place]', 'results[0]'],
    caughtBy: ['test/fuzz/texts', '-t', 'come with it: codes', ...FUZZ],
  },
  {
    name: 'a program passes for a person',
    file: 'auth/token/claims-validator.js',
    replace: ['(0, _person.isServiceAccount)(claims)', 'false'],
    caughtBy: ['test/fuzz/walls', ...FUZZ],
  },
  {
    name: 'a query forgets the business unit',
    file: 'kyc-ledger/submissions/submission.repository.js',
    replace: [
      'FROM kyc_submission s WHERE business_unit = $1 AND id = $2`',
      'FROM kyc_submission s WHERE $1::text IS NOT NULL AND id = $2`',
    ],
    caughtBy: ['test/e2e/tenant-wall', ...SYSTEM],
  },
  {
    name: 'a code is written to the log',
    file: 'otp-webhook/intake/otp-request.dto.js',
    replace: ['transform(body) {', 'transform(body) { process.stdout.write(`${JSON.stringify(body)}\\n`);'],
    caughtBy: ['test/fuzz/canaries', ...FUZZ],
  },
  {
    name: 'codes outlive the person who is erased',
    file: 'otp-webhook/records/forgotten-recipients.js',
    replace: ["recipient = '', code = '', sealed = NULL, key_id = NULL,", ''],
    caughtBy: ['test/fuzz/canaries', ...FUZZ],
  },
  {
    name: 'a program whose subject is its client passes for a person',
    file: 'auth/token/person.js',
    replace: ['(sub === azp || sub === client)', '(false)'],
    caughtBy: ['test/faults/second-simas-id', ...DRILLS],
  },
  {
    name: 'a commit is acknowledged before it is written down',
    file: 'platform/database/connection.js',
    replace: ['SET statement_timeout = ', 'SET synchronous_commit = off; SET statement_timeout = '],
    caughtBy: ['test/faults/kills', '-t', 'database is killed', ...DRILLS],
  },
  {
    name: 'redirects are followed',
    file: CLIENT,
    replace: ['transport: connection', 'maxRedirects: 3'],
    caughtBy: ['test/faults/matrix', ...DRILLS],
    ...{ cells: ['^userinfo$', 'redirect'], says: '✕ no redirect is followed' },
  },
  {
    name: 'a call may last twice its budget',
    file: CLIENT,
    replace: ['AbortSignal.timeout(Math.ceil(timeoutMs))', 'AbortSignal.timeout(6_000)'],
    caughtBy: ['test/faults/matrix', ...DRILLS],
    ...{ cells: ['^userinfo$', 'no answer'], says: '✕ it takes no longer than it may' },
  },
  {
    name: 'a 5xx is taken for a success',
    file: 'otp-webhook/providers/http-api.js',
    replace: ['httpStatus < 300', 'httpStatus < 600'],
    caughtBy: ['test/faults/matrix', ...DRILLS],
    ...{ cells: ['^sms http$', '^50'], says: '✕ in any way, the caller of "sms http"' },
  },
  {
    name: 'a code that may come twice is not marked',
    file: 'otp-webhook/delivery/delivery.repository.js',
    replace: ['$3, unknowns > 0,', '$3, false,'],
    caughtBy: ['test/faults/matrix', ...DRILLS],
    ...{ cells: ['^whatsapp$', 'reset'], says: 'came 2 times, unmarked' },
  },
  {
    name: 'the log does not say why a partner failed',
    file: 'platform/outbound/partner-error.js',
    replace: ['options.why?.cause ??', ''],
    caughtBy: ['test/faults/matrix', ...DRILLS],
    ...{ cells: ['^keys$', 'certificate'], says: '✕ the log has the cause of each failure' },
  },
];

const wanted = PLANTED.filter(({ caughtBy: [proof] }) => proof.includes(process.argv[2] ?? ''));
if (wanted.length === 0) {
  const proofs = new Set(PLANTED.map(({ caughtBy: [proof] }) => proof));
  console.error(`No fault is planted for ${process.argv[2]}. There are some for ${[...proofs].join(', ')}.`);
  process.exit(2);
}

const require = createRequire(import.meta.url);
const jest = require.resolve('jest/bin/jest');
require('tsx/cjs');
// The texts are those of the tests' build: `npm run build` writes others.
rmSync('dist', { recursive: true, force: true });
await require('../../launch/build.ts').buildWhenStale();

/** Whether the test fails when the fault is there. @returns {boolean} */
function isCaught({ file, replace: [from, to], caughtBy, cells: [row, fault] = ['', ''], says = '' }) {
  const root = mkdtempSync(join(tmpdir(), 'kyc-planted-'));
  try {
    cpSync('dist', join(root, 'dist'), { recursive: true });
    for (const beside of ['node_modules', 'migrations', 'package.json', 'openapi.json', 'console'])
      symlinkSync(join(process.cwd(), beside), join(root, beside));
    const place = join(root, 'dist', file);
    const text = readFileSync(place, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    writeFileSync(place, text.replace(from, to));
    const { status, stderr } = spawnSync(process.execPath, [jest, ...caughtBy], {
      env: {
        ...process.env,
        ...{ GATEWAY_DIST: join(root, 'dist'), FUZZ_SEED: '1', FUZZ_LONG: '1', ONLY: row, FAULT: fault },
      },
      encoding: 'utf8',
    });
    const sum = /^Tests: .*/m.exec(stderr)?.[0] ?? '';
    const isSaid = says === '' || (stderr.includes(says) && sum.includes('passed')); // a stage that does not stand fails every test
    // A program that does not even start proves nothing.
    return status !== 0 && sum.includes('failed') && isSaid && !stderr.includes('while starting');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const missed = wanted.filter((fault) => {
  const caught = isCaught(fault);
  console.log(`${caught ? 'caught' : 'MISSED'}  ${fault.name}  (${fault.caughtBy[0]})`);
  return !caught;
});
console.log(`${wanted.length - missed.length} of ${wanted.length} planted faults are caught`);
process.exitCode = missed.length === 0 ? 0 : 1;
