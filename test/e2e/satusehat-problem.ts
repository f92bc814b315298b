import type { Answer } from './satusehat-officer';

/** How a caller learns that the Ministry gave no success. */
export interface ExpectedProblem {
  readonly status: number;
  readonly code: string;
  /** What `detail` says besides naming SATUSEHAT. */
  readonly detail: string;
}

export const REFUSED = { status: 422, code: 'partner_refused' };
export const UNUSABLE = { status: 502, code: 'partner_error' };
export const UNAVAILABLE = { status: 503, code: 'partner_unavailable' };
export const TIMEOUT = { status: 504, code: 'partner_timeout' };

export function expectProblem(answer: Answer, { status, code, detail }: ExpectedProblem): void {
  expect(answer.body).toMatchObject({
    status,
    code,
    detail: expect.stringContaining(detail),
    type: `urn:kyc-gateway:error:${code}`,
  });
  expect(answer.body['detail']).toContain('SATUSEHAT');
  expect(answer.status).toBe(status);
  if (status === 503) expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
}
