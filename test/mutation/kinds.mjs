const files = (folder, ...names) => names.map((name) => `src/${folder}/${name}.ts`);

/** The rules that decide about people, by kind. */
export const KINDS = {
  tokens: files('auth/token', 'access-token', 'claims-validator', 'token-claims', 'person'),
  envelope: files('satusehat/envelope', 'envelope'),
  chain: files('kyc-ledger', 'events/event', 'chain/checkpoint'),
  states: files('kyc-ledger', 'submissions/submission-state', 'events/projection'),
  failures: ['src/otp-webhook/delivery/delivery-policy.ts', 'src/common-kyc/share/share-policy.ts'],
  idempotency: files('platform/idempotency', 'idempotency.interceptor', 'attempt'),
  decisions: files('kyc-ledger/decisions', 'approval'),
};

/** The file that run.mjs starts Stryker for, the unit test that has to notice, and where the results are written. */
export const subject = process.env.MUTATED ?? '';
export const specOf = (file) =>
  file.replace(/attempt\.ts$/, 'idempotency.interceptor.ts').replace('.ts', '.spec.ts');
export const resultsOf = (file) => `node_modules/.cache/mutation/${file.replaceAll('/', '-')}.json`;
