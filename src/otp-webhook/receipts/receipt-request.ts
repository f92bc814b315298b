import type { FastifyRequest } from 'fastify';

/** As the contract caps callbacks (§6, Wire). */
export const LARGEST_RECEIPT_BYTES = 262_144;

/** The unit that the receipt's address names; the signature proves it. */
export function unitOf(request: FastifyRequest): string {
  const { businessUnit } = request.params as { readonly businessUnit?: string };
  return businessUnit ?? '';
}
