import type { KeyObject } from 'node:crypto';
import { z } from 'zod';

const SMALLEST_MODULUS_BITS = 2048;
/** Verifying costs grow with the square of the size; nobody signs access tokens with more. */
const LARGEST_MODULUS_BITS = 8192;
const BASE64URL = z.string().regex(/^[\w-]+$/);

/**
 * A member of a JSON Web Key Set (RFC 7517) that may verify RS256. SIMAS-ID publishes an RSA-OAEP encryption key beside its signing
 * keys (simas-id.md §3.2). Whatever else a member holds, a certificate chain or a private part, is dropped.
 */
const signingKey = z.object({
  kid: z.string().min(1).max(256),
  kty: z.literal('RSA'),
  use: z.literal('sig').optional(),
  alg: z.literal('RS256').optional(),
  key_ops: z
    .array(z.unknown())
    .refine((operations) => operations.includes('verify'))
    .optional(),
  n: BASE64URL,
  e: BASE64URL,
});

/** The public parts of a key, as they are read and kept. */
export type PublicJwk = Readonly<Pick<z.output<typeof signingKey>, 'kid' | 'kty' | 'n' | 'e'>>;

/** The keys of one moment, parsed once. Never empty. */
export interface KeySet {
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** When reading it began, by `Clock.elapsed`, which nobody sets: it holds every key that existed then. */
  readonly readAt: number;
}

/** The members of a key set that are made for verifying RS256; one that is not never spoils the others. */
export function signingKeys(members: readonly unknown[]): PublicJwk[] {
  return members.flatMap((member) => {
    const { data } = signingKey.safeParse(member);
    return data === undefined ? [] : [{ kid: data.kid, kty: data.kty, n: data.n, e: data.e }];
  });
}

/** Whether a key is an RSA public key of a size that is neither weak nor a burden. */
export function isStrong(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  return (
    key.asymmetricKeyType === 'rsa' &&
    modulusLength >= SMALLEST_MODULUS_BITS &&
    modulusLength <= LARGEST_MODULUS_BITS &&
    publicExponent > 1n
  );
}

/** `next`, in which keys that were in `previous` already are the same objects: what was verified with them stays verified. */
export function carryOver(previous: KeySet | undefined, next: KeySet): KeySet {
  const keys = [...next.keys].map(([kid, key]): [string, KeyObject] => {
    const before = previous?.keys.get(kid);
    return [kid, before?.equals(key) === true ? before : key];
  });
  return { keys: new Map(keys), readAt: next.readAt };
}
