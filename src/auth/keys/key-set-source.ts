import { createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwksClient } from 'jwks-rsa';
import { z } from 'zod';
import { formOf, hostOf, jsonOf, type PartnerHttpClient, PartnerHttpClients } from '../../platform/outbound';
import { Clock } from '../../platform/time';
import { SimasIdAddresses } from '../simas-id-addresses';
import { isStrong, type KeySet, signingKeys } from './key-set';

const WITHIN_MS = 3_000;
const LARGEST_SET_BYTES = 256 * 1024;

const keySetWire = z.object({ keys: z.array(z.unknown()) });

/** What SIMAS-ID published is no key set that anything could be verified with. */
export class UnusableKeySet extends Error {}

/**
 * Reads SIMAS-ID's key set. jwks-rsa retrieves and parses, with its own cache and rate limit off: those were measured to refuse
 * good people (simas-id.md §4, cases B to E). The bytes come through the partner HTTP client: 3 s in all, 256 KiB, no redirects.
 */
@Injectable()
export class KeySetSource {
  readonly #uri: string;
  readonly #http: PartnerHttpClient;
  readonly #client: JwksClient;

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
    this.#client = new JwksClient({
      jwksUri: this.#uri,
      cache: false,
      rateLimit: false,
      fetcher: () => this.#download(),
    });
  }

  /** @throws UnusableKeySet, or PartnerError when SIMAS-ID cannot be reached */
  async read(): Promise<KeySet> {
    const readAt = this.clock.elapsed();
    const keys = new Map<string, KeyObject>();
    for (const signingKey of await this.#client.getSigningKeys()) {
      const key = createPublicKey(signingKey.getPublicKey());
      // A key id twice: the first one counts, as in every verifier that looks keys up.
      if (isStrong(key) && !keys.has(signingKey.kid)) keys.set(signingKey.kid, key);
    }
    if (keys.size === 0) throw new UnusableKeySet('no usable signing key');
    return { keys, readAt };
  }

  async #download(): Promise<{ keys: unknown[] }> {
    const answer = await this.#http.send({ operation: 'jwks', method: 'GET', url: this.#uri });
    const set = keySetWire.safeParse(answer.status === 200 ? jsonOf(answer.body) : undefined);
    if (!set.success) throw new UnusableKeySet(`no JSON Web Key Set: ${formOf(answer)}`);
    return { keys: signingKeys(set.data.keys) };
  }
}
