const { PATH = '', NODE_COMPILE_CACHE } = process.env;

/** Jest's configuration sets it, so that programs start faster; benchmarks have none. */
export const COMPILE_CACHE = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

/**
 * What programs under test get of this process's own environment: no variable of the product, and no `.env` of the working folder, so that
 * no test meets a real database or partner (docs/contract.md §7.1).
 */
export const BARE = { PATH, ENV_FILE: '', ...COMPILE_CACHE } as const;
