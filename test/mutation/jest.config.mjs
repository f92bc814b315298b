import jest from '../../jest.config.mjs';

// The unit tests alone: a mutant is tried by those that reach it, which takes seconds.
const [{ displayName: _, roots: __, ...unit }] = jest.projects;

export default { ...unit, rootDir: '../..', roots: ['<rootDir>/src', '<rootDir>/lab'], testTimeout: jest.testTimeout };
