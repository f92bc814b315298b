import config from '../../jest.config.mjs';

/** `npm run test:image`: the Dockerfile's lines, carried out without an engine; apart from the tests that run on every change. */
const unit = config.projects.find(({ displayName }) => displayName === 'unit');

export default {
  ...unit,
  displayName: 'image',
  rootDir: '../..',
  roots: ['<rootDir>/test/image'],
  maxWorkers: 1,
  testTimeout: 900_000,
};
