import type { Fault } from '../faults';

const fault = (faultstring: string, errorcode: string): unknown => ({
  fault: { faultstring, detail: { errorcode } },
});
const refusal = (message: string, data: unknown): unknown => ({ metadata: { code: '400', message }, data });
const KYC = { path: '/kyc/v1/', method: 'POST' } as const;
const TOKEN = { path: '/oauth2/v1/accesstoken', method: 'POST' } as const;
const HTML_403 = '<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>';

export const AUTHENTICATION_OUTCOME = {
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'invalid',
      code: 'value',
      details: {
        text: 'The user or system was not able to be authenticated (either client_id or client_secret combination is unacceptable)',
      },
    },
  ],
};
export const INVALID_CLIENT = { ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' };
export const RATE_LIMIT = fault(
  'Rate limit quota violation. Quota limit  exceeded. Identifier : lab',
  'policies.ratelimit.QuotaViolation',
);
export const ACCESS_TOKEN_EXPIRED = fault(
  'Access Token expired',
  'keymanagement.service.access_token_expired',
);
/** The gateway spells the same fault in two ways (§7). */
export const INVALID_ACCESS_TOKEN = {
  keymanagement: fault('Invalid Access Token', 'keymanagement.service.invalid_access_token'),
  oauth: fault('Invalid access token', 'oauth.v2.InvalidAccessToken'),
};
const NO_PRODUCT = {
  text: 'Invalid API call as no apiproduct match found',
  code: 'keymanagement.service.InvalidAPICallAsNoApiProductMatchFound',
};
export const PANIC_TEXT = 'A panic occurred during user function execution.';

/**
 * Every row of the partner page's error catalogue (satusehat.md §7), as an answer that can be ordered.
 * Where the page gives "4xx", "5xx" or no status, the one here is assumed: 400, 504 and 400.
 */
export const ERROR_CATALOGUE = {
  'invalid-access-token': { ...KYC, status: 401, body: INVALID_ACCESS_TOKEN.keymanagement },
  'invalid-access-token-oauth': { ...KYC, status: 401, body: INVALID_ACCESS_TOKEN.oauth },
  'access-token-expired': { ...KYC, status: 401, body: ACCESS_TOKEN_EXPIRED },
  'no-api-product': {
    ...KYC,
    status: 401,
    body: fault(NO_PRODUCT.text, NO_PRODUCT.code),
    headers: {
      'www-authenticate': `Bearer realm="null",error="invalid_token",error_description="${NO_PRODUCT.code}: ${NO_PRODUCT.text}"`,
      'x-request-id': 'lab-no-api-product',
    },
  },
  'rate-limit': { ...KYC, status: 429, body: RATE_LIMIT },
  'token-invalid-client': { ...TOKEN, status: 401, body: INVALID_CLIENT },
  'token-operation-outcome': { ...TOKEN, status: 400, body: AUTHENTICATION_OUTCOME },
  'fhir-invalid-access-token': {
    ...KYC,
    status: 401,
    body: {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code: 'invalid-access-token' }],
    },
  },
  'missing-begin-tag': {
    ...KYC,
    status: 200,
    body: refusal('Error: Bad Request', { error: 'missing begin tag' }),
  },
  'failed-to-decrypt': {
    ...KYC,
    status: 200,
    body: refusal('Error: Bad Request', { error: 'Failed to decrypt message' }),
  },
  'rsa-decryption-error': {
    ...KYC,
    status: 400,
    body: refusal('Error: Bad Request', {
      error: 'failed to decrypt ciphertext: crypto/rsa: decryption error',
    }),
  },
  'bad-request': { ...KYC, status: 400, body: refusal('Bad Request', { agent_nik: ['is required'] }) },
  panic: { ...KYC, status: 500, body: PANIC_TEXT, headers: { 'content-type': 'text/plain' } },
  'forbidden-html': { ...KYC, status: 403, body: HTML_403 },
  'not-found-empty': { ...KYC, status: 404 },
  'no-healthy-upstream': {
    ...KYC,
    status: 503,
    body: 'no healthy upstream',
    headers: { 'content-type': 'text/plain' },
  },
  'gateway-timeout': {
    ...KYC,
    status: 504,
    body: 'Gateway Timeout',
    headers: { 'content-type': 'text/plain' },
  },
} satisfies Record<string, Fault>;

export type CatalogueRow = keyof typeof ERROR_CATALOGUE;
