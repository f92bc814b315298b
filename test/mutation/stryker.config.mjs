import { resultsOf, subject } from './kinds.mjs';

// `npm run test:mutation`: rules that decide about people are changed one at a time; a unit test has to notice.
export default {
  mutate: [subject],
  testRunner: 'jest',
  jest: { projectType: 'custom', configFile: 'test/mutation/jest.config.mjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  maxTestRunnerReuse: 200, // Jest keeps some of each run's memory
  // Only an endless loop takes this long, also on a busy machine.
  timeoutMS: 60_000,
  timeoutFactor: 4,
  ignorePatterns: ['**', '!src/**', '!test/mutation/**', '!jest.config.mjs', '!.swcrc', '!package.json'],
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: resultsOf(subject) },
  tempDirName: '.stryker-tmp',
  warnings: { slow: false },
};
