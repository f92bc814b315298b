const files = (folder, ...names) => names.map((name) => `src/${folder}/${name}.ts`);

/** The rules that decide about people. The unit tests beside the files of a kind have to notice a change of any of them. */
export const KINDS = {
  tokens: files('auth/token', 'access-token', 'claims-validator', 'token-claims', 'person'),
  envelope: files('satusehat/envelope', 'envelope'),
  chain: files('kyc-ledger', 'events/event', 'chain/checkpoint'),
  states: files('kyc-ledger', 'submissions/submission-state', 'events/projection'),
  failures: ['src/otp-webhook/delivery/delivery-policy.ts', 'src/common-kyc/share/share-policy.ts'],
  idempotency: files('platform/idempotency', 'idempotency.interceptor', 'attempt'),
  decisions: files('kyc-ledger/decisions', 'approval'),
};

/** The kind that run.mjs starts Stryker for. */
export const kind = process.env.MUTATED;
export const resultsOf = (name) => `node_modules/.cache/mutation/${name}.json`;
