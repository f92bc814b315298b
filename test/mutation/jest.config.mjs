import jest from '../../jest.config.mjs';

const [unit] = jest.projects;

// Unit tests beside the rules alone: a change is tried by those that reach it, within seconds.
export default {
  testEnvironment: unit.testEnvironment,
  testTimeout: jest.testTimeout,
  transform: unit.transform,
  transformIgnorePatterns: unit.transformIgnorePatterns,
  moduleFileExtensions: unit.moduleFileExtensions,
  rootDir: '../..',
  roots: ['<rootDir>/src'],
  testRegex:
    '/(auth/token|satusehat/envelope|kyc-ledger|otp-webhook/delivery|common-kyc/share|platform/idempotency)/.*\\.spec\\.ts$',
  testPathIgnorePatterns: unit.testPathIgnorePatterns,
};
