import config from '../../jest.config.mjs';

/** `npm run test:fuzz`: requests, bytes and tokens that nobody would think of, apart from the tests that run on every change. */
const system = config.projects.find(({ displayName }) => displayName === 'system');

export default {
  ...system,
  displayName: 'fuzz',
  rootDir: '../..',
  testRegex: [
    '/test/fuzz/.*\\.spec\\.ts$',
    // They run on every change, too, and not as long.
    '/test/e2e/forgetting-races\\.spec\\.ts$',
    '/src/(kyc-ledger/chain/ledger-tampering|gtf/results/reconciliation)\\.integration\\.spec\\.ts$',
  ],
  // Each answer is held against the document where it is asked for.
  setupFilesAfterEnv: [],
  testTimeout: config.testTimeout,
  maxWorkers: 2,
};
