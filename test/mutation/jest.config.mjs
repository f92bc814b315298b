import jest from '../../jest.config.mjs';
import { specOf, subject } from './kinds.mjs';

const [unit] = jest.projects;

// The unit test beside the rules alone: each change is tried within a second or two.
export default {
  testEnvironment: unit.testEnvironment,
  testTimeout: jest.testTimeout,
  transform: unit.transform,
  transformIgnorePatterns: unit.transformIgnorePatterns,
  moduleFileExtensions: unit.moduleFileExtensions,
  rootDir: '../..',
  roots: ['<rootDir>/src'],
  testMatch: [`<rootDir>/${specOf(subject)}`],
};
