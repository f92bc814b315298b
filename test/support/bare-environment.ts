/**
 * What programs under test get of this process's own environment: no variable of the product, and no `.env` of the working folder, so that
 * no test meets a real database or partner (docs/contract.md §7.1).
 */
export const BARE = { PATH: process.env['PATH'] ?? '', ENV_FILE: '' } as const;
