/** The partner's operations by what a request looks like, for counting. */
export const OPERATIONS = {
  'coe-partner-token': { method: 'GET', path: /^\/v1\/coe\/partner\/authentication/ },
  'esign-partner-token': { method: 'GET', path: /^\/v1\/esign\/partner\/authentication/ },
  'user-token': { method: 'GET', path: /^\/v2\/coe\/authentication/ },
  'coe-initiate': { method: 'POST', path: /^\/coe-partner\/v1\/initiate-flow/ },
  'siv-initiate': { method: 'POST', path: /^\/esign-partner\/v1\/initiate-flow/ },
  'presigned-urls': { method: 'GET', path: /^\/coe\/v1\/submissions\/urls/ },
  confirm: { method: 'PUT', path: /^\/coe\/v1\/submissions\/urls/ },
  status: { method: 'GET', path: /^\/coe\/v1\/submissions\/[^/]+\/status/ },
  'coe-details': { method: 'GET', path: /^\/coe(-partner)?\/v1\/submissions(\?|$)/ },
  'siv-details': { method: 'GET', path: /^\/esign-partner\/v1\/submissions(\?|$)/ },
  upload: { method: 'PUT', path: /^\// },
} as const;

export type GtfOperation = keyof typeof OPERATIONS;
