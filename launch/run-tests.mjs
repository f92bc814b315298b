// `npm test [-- <Jest arguments>]`: every Jest project, then one line `N passed, N failed` with the real counts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
require('tsx/cjs');
const { buildPagesWhenStale, buildWhenStale } = require('./build.ts');

/** @returns {{ passed: number, failed: number }} A test file that could not run, or no result at all, is a failure. */
function runJest() {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-tests-'));
  const results = join(folder, 'results.json');
  const jest = require.resolve('jest/bin/jest');
  const parameters = ['--json', `--outputFile=${results}`, ...process.argv.slice(2)];
  // With --json Jest prints the results to stdout as well; people read its report on stderr.
  const run = spawnSync(process.execPath, [jest, ...parameters], { stdio: ['inherit', 'ignore', 'inherit'] });
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(results, 'utf8'),
    );
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: run.status === 0 ? failed : Math.max(failed, 1) };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Some tests start the built program, and open pages. */
async function build() {
  try {
    await buildWhenStale();
    await buildPagesWhenStale();
    return { failed: 0 };
  } catch (error) {
    console.error(error.message);
    return { failed: 1 };
  }
}

const built = await build();
const tests = runJest();
const failed = built.failed + tests.failed;
console.log(`${tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && tests.passed > 0 ? 0 : 1;
