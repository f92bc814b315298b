import jest from '../../jest.config.mjs';
import { kind, KINDS } from './kinds.mjs';

const [unit] = jest.projects;

// The unit tests beside the rules of one kind alone: each change is tried within seconds.
export default {
  testEnvironment: unit.testEnvironment,
  testTimeout: jest.testTimeout,
  transform: unit.transform,
  transformIgnorePatterns: unit.transformIgnorePatterns,
  moduleFileExtensions: unit.moduleFileExtensions,
  rootDir: '../..',
  roots: ['<rootDir>/src'],
  testMatch: KINDS[kind].map((file) => `<rootDir>/${file.replace('.ts', '.spec.ts')}`),
};
