/** How much is tried: `npm run test:fuzz` sets both (launch/run-fuzz.mjs). */
export const IS_LONG = process.env['FUZZ_LONG'] === '1';
export const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
