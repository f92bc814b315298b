import config from '../../jest.config.mjs';

/** `npm run test:commands`: what the documents print, executed; apart from the tests that run on every change. */
const unit = config.projects.find(({ displayName }) => displayName === 'unit');

export default {
  ...unit,
  displayName: 'commands',
  rootDir: '../..',
  roots: ['<rootDir>/test/commands'],
  maxWorkers: 1,
  testTimeout: 900_000,
};
