import { createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwksClient } from 'jwks-rsa';
import { z } from 'zod';
import { formOf, hostOf, jsonOf, type PartnerHttpClient, PartnerHttpClients } from '../../platform/outbound';
import { Clock } from '../../platform/time';
import { SimasIdAddresses } from '../simas-id-addresses';

const WITHIN_MS = 3_000;
const LARGEST_SET_BYTES = 256 * 1024;

const SMALLEST_MODULUS_BITS = 2048;
/** Verifying costs grow with the square of the size; nobody signs access tokens with more. */
const LARGEST_MODULUS_BITS = 8192;
const BASE64URL = z.string().regex(/^[\w-]+$/);

/**
 * A member of a JSON Web Key Set (RFC 7517) that may verify RS256. SIMAS-ID publishes an RSA-OAEP encryption key beside its signing
 * keys (simas-id.md §3.2). Whatever else a member holds, a certificate chain or a private part, is dropped.
 */
const signingKey = z
  .object({
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
  })
  .transform(({ kid, kty, n, e }) => ({ kid, kty, n, e }));

const keySetWire = z.object({ keys: z.array(z.unknown()) });

/** The public parts of a key, as they are read and kept. */
export type PublicJwk = Readonly<z.output<typeof signingKey>>;

/** The keys of one moment, parsed once. Never empty. */
export interface KeySet {
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** When reading it began, by `Clock.elapsed`, which nobody sets: it holds every key that existed then. */
  readonly readAt: number;
}

/** What SIMAS-ID published is no key set that anything could be verified with. */
export class UnusableKeySet extends Error {}

/**
 * Reads SIMAS-ID's key set, through the partner HTTP client: 3 s in all, 256 KiB, no redirects.
 */
@Injectable()
export class KeySetSource {
  readonly #uri: string;
  readonly #http: PartnerHttpClient;

  constructor(
    addresses: SimasIdAddresses,
    httpClients: PartnerHttpClients,
    private readonly clock: Clock,
  ) {
    this.#uri = addresses.keySet;
    this.#http = httpClients.create({
      partner: 'simas-id',
      check: 'simas-id',
      hosts: [hostOf(this.#uri)],
      timeoutMs: WITHIN_MS,
      maxResponseBytes: LARGEST_SET_BYTES,
    });
  }

  /** @throws UnusableKeySet, or PartnerError when SIMAS-ID cannot be reached */
  async read(): Promise<KeySet> {
    const readAt = this.clock.elapsed();
    const answer = await this.#http.send({ operation: 'jwks', method: 'GET', url: this.#uri });
    const set = keySetWire.safeParse(answer.status === 200 ? jsonOf(answer.body) : undefined);
    if (!set.success) throw new UnusableKeySet(`no JSON Web Key Set: ${formOf(answer)}`);
    return { keys: await usableKeys(set.data.keys), readAt };
  }
}

/**
 * The keys that may verify, of a set that was downloaded or kept; a member that is of no use never spoils the others. jwks-rsa parses
 * them, with its own cache and rate limit off: those were measured to refuse good people (simas-id.md §4, cases B to E).
 * @throws UnusableKeySet when there is none
 */
export async function usableKeys(members: readonly unknown[]): Promise<KeySet['keys']> {
  const jwks = members.map((member) => signingKey.safeParse(member).data).filter((jwk) => jwk !== undefined);
  const fetcher = (): Promise<{ keys: unknown[] }> => Promise.resolve({ keys: jwks });
  const client = new JwksClient({ cache: false, rateLimit: false, fetcher });
  const keys = new Map<string, KeyObject>();
  // jwks-rsa takes an empty set for an error of its own.
  for (const parsed of jwks.length === 0 ? [] : await client.getSigningKeys()) {
    const key = createPublicKey(parsed.getPublicKey());
    // A key id twice: the first one counts, as in every verifier that looks keys up.
    if (isStrong(key) && !keys.has(parsed.kid)) keys.set(parsed.kid, key);
  }
  if (keys.size === 0) throw new UnusableKeySet('no usable signing key');
  return keys;
}

/** Whether a key is an RSA public key of a size that is neither weak nor a burden. */
function isStrong(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  return (
    key.asymmetricKeyType === 'rsa' &&
    modulusLength >= SMALLEST_MODULUS_BITS &&
    modulusLength <= LARGEST_MODULUS_BITS &&
    publicExponent > 1n
  );
}
