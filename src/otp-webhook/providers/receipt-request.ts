import type { FastifyRequest } from 'fastify';
import { GatewayError } from '../../platform/errors';
import { noteForLog } from '../../platform/http';

/** The unit that the receipt's address names; the signature proves it. */
export function unitOf(request: FastifyRequest): string {
  const { businessUnit } = request.params as { readonly businessUnit?: string };
  return businessUnit ?? '';
}

/** The refusal of a receipt; the reason stands in the request's log line alone. */
export function refuseReceipt(
  request: FastifyRequest,
  reason: 'signature_malformed' | 'unit_without_provider' | 'signature_wrong',
): GatewayError {
  noteForLog(request, { reason });
  return new GatewayError(401, 'unauthorized', 'The signature does not belong to this request.');
}
