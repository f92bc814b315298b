import config from '../../jest.config.mjs';

/** `npm run test:ops`: the rules by Prometheus' own tool, and OpenTelemetry; both are installed for it, from the network. */
const system = config.projects.find(({ displayName }) => displayName === 'system');

export default {
  ...system,
  displayName: 'operation',
  rootDir: '../..',
  testRegex: '/test/operation/.*\\.spec\\.ts$',
  maxWorkers: 1,
  testTimeout: 300_000,
};
