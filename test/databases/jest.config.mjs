import faults from '../faults/jest.config.mjs';

/** `npm run test:databases`: the PostgreSQL and PgBouncer that are installed on this machine; what is not installed is skipped. */
export default { ...faults, displayName: 'databases', testRegex: ['/test/databases/.*\\.spec\\.ts$'] };
