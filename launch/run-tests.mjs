// `npm test [-- <Jest arguments>]`: every Jest project, then one line `N passed, N failed` with the real counts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
require('tsx/cjs');
const { buildPagesWhenStale, buildWhenStale } = require('./build.ts');

const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-tests-'));
const results = join(folder, 'results.json');
let [passed, failed] = [0, 1];
try {
  // Some tests start the built program, and open pages.
  await buildWhenStale();
  await buildPagesWhenStale();
  const jest = require.resolve('jest/bin/jest');
  const parameters = ['--json', `--outputFile=${results}`, ...process.argv.slice(2)];
  // With --json Jest prints the results to stdout as well; people read its report on stderr.
  const run = spawnSync(process.execPath, [jest, ...parameters], { stdio: ['inherit', 'ignore', 'inherit'] });
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(results, 'utf8'),
  );
  passed = numPassedTests;
  failed = Math.max(numFailedTests + numRuntimeErrorTestSuites, run.status === 0 ? 0 : 1);
} catch (error) {
  console.error(error.message);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
