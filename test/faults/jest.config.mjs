import config from '../../jest.config.mjs';

/** `npm run test:faults`: drills that kill real processes for minutes, apart from the tests that run on every change. */
const system = config.projects.find(({ displayName }) => displayName === 'system');

export default {
  ...system,
  displayName: 'faults',
  rootDir: '../..',
  testRegex: ['/test/faults/.*\\.spec\\.ts$', '\\.faults\\.spec\\.ts$'],
  // Each drill starts, and kills, a PostgreSQL of its own.
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
};
