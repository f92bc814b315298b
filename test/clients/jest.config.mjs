import config from '../../jest.config.mjs';

/** `npm run test:clients`: what other generators make of openapi.json, apart from the tests that run on every change. */
const system = config.projects.find(({ displayName }) => displayName === 'system');

export default {
  ...system,
  displayName: 'clients',
  rootDir: '../..',
  testRegex: '/test/clients/.*\\.spec\\.ts$',
  maxWorkers: 1,
  testTimeout: config.testTimeout,
};
