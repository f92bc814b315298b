import faults from '../faults/jest.config.mjs';

/** `npm run test:upgrade`: the build before and this one, one after the other on one database, under load. */
export default { ...faults, displayName: 'upgrade', testRegex: ['/test/upgrade/.*\\.spec\\.ts$'] };
