import { z } from 'zod';

/** What SIMAS-ID says of a token's person (partner page "Validate to SIMAS-ID"); `email_verified` and `timestamp` are not needed. */
export const userinfoWire = z.object({
  sub: z.string().min(1),
  preferred_username: z.string().optional(),
  name: z.string().optional(),
  given_name: z.string().optional(),
  family_name: z.string().optional(),
});

/** A refusal of the token in the body (RFC 6750 §3.1). */
export const refusalWire = z.object({
  error: z.enum(['invalid_request', 'invalid_token', 'insufficient_scope']),
});
