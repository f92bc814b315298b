import { kind, KINDS, resultsOf } from './kinds.mjs';

// `npm run test:mutation`: rules that decide about people are changed one at a time; a unit test has to notice.
export default {
  mutate: KINDS[kind],
  testRunner: 'jest',
  jest: { projectType: 'custom', configFile: 'test/mutation/jest.config.mjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  maxTestRunnerReuse: 200, // Jest keeps some of each run's memory
  // Only an endless loop takes this long, also on a busy machine.
  timeoutMS: 60_000,
  timeoutFactor: 4,
  ignorePatterns: ['dist', 'console', 'examples', 'docs/generated', '.data', '.cache'],
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: resultsOf(kind) },
  tempDirName: '.stryker-tmp',
  warnings: { slow: false },
};
