import { constants, generateKeyPair, type KeyObject, privateEncrypt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { temporarilyUnavailable } from '../../platform/errors';
import type { Metrics } from '../../platform/metrics';
import type { Deadline } from '../../platform/time';

/** A client key pair: the Ministry seals its answer for the public half, which travels in the request (satusehat.md §3). */
export interface KeyPair {
  readonly privateKey: KeyObject;
  /** SPKI PEM, 64 columns, LF with a final one. */
  readonly publicKeyPem: string;
}

export interface KeyPairPoolOptions {
  /** Pairs kept ready. */
  readonly size: number;
  /** An unused pair older than this is dropped and replaced. */
  readonly maxAgeMs: number;
  /** Answers that may be awaited for with one pair. */
  readonly maxUses: number;
  /** Pairs made at once. */
  readonly makers: number;
  /** How long after the start the pool begins to fill by itself; null = only with the first request for a pair. */
  readonly fillAfterMs: number | null;
  readonly make: () => Promise<KeyPair>;
}

interface Lent {
  readonly pair: KeyPair;
  uses: number;
  /** Answers that are awaited with this pair now. */
  awaited: number;
}

/**
 * RSA key pairs made ahead of time (satusehat.md §10: one takes a quarter of a second).
 * A pair is used once, and its private half forgotten when the answer is there. Only when more answers are awaited at once than
 * pairs are ready do requests share the pairs that are lent already, each at most `maxUses` times.
 */
export class KeyPairPool implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Oldest first, each with the timer of its age, so that an idle gateway holds no old private key. */
  readonly #ready = new Map<KeyPair, NodeJS.Timeout>();
  readonly #lent = new Set<Lent>();
  readonly #making = new Set<Promise<void>>();
  #waiting = 0;
  #closed = false;
  /** Many `awaited` ones ask for a larger pool. */
  readonly #counted;
  readonly #seconds;
  readonly #size;

  constructor(
    private readonly options: KeyPairPoolOptions,
    metrics: Metrics,
  ) {
    this.#size = metrics.gauge({ name: 'satusehat_key_pairs_ready', help: 'RSA key pairs ready for use' });
    this.#counted = metrics.counter({
      name: 'satusehat_key_pairs_lent_total',
      help: 'RSA key pairs given to requests: from the pool, shared with other requests, or after waiting for one',
      labels: ['source'],
    });
    this.#seconds = metrics.histogram({
      name: 'satusehat_key_pair_generation_seconds',
      help: 'Time the making of one RSA key pair took in the background',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    });
  }

  onApplicationBootstrap(): void {
    const { fillAfterMs } = this.options;
    if (fillAfterMs !== null) setTimeout(() => this.#fill(), fillAfterMs).unref();
  }

  onApplicationShutdown(): void {
    this.#closed = true;
  }

  /**
   * Runs `work` with a key pair that is forgotten afterwards.
   * @throws GatewayError 503 when none could be made before the deadline
   */
  async use<T>(deadline: Deadline, work: (pair: KeyPair) => Promise<T>): Promise<T> {
    const lent = this.#lend() ?? (await this.#wait(deadline));
    try {
      return await work(lent.pair);
    } finally {
      lent.awaited -= 1;
      if (lent.awaited === 0) this.#lent.delete(lent);
    }
  }

  /** A pair that is ready, else of those that are lent the one with the fewest uses. */
  #lend(isAwaited = false): Lent | undefined {
    const [ready] = this.#ready;
    const lent =
      ready === undefined ? [...this.#lent].sort((a, b) => a.uses - b.uses)[0] : this.#take(...ready);
    this.#fill();
    if (lent === undefined || lent.uses >= this.options.maxUses) return undefined;
    lent.uses += 1;
    lent.awaited += 1;
    if (!isAwaited) this.#counted.inc({ source: ready === undefined ? 'shared' : 'pool' });
    return lent;
  }

  #take(pair: KeyPair, expiry: NodeJS.Timeout): Lent {
    clearTimeout(expiry);
    this.#ready.delete(pair);
    this.#size.set(this.#ready.size);
    const lent = { pair, uses: 0, awaited: 0 };
    this.#lent.add(lent);
    return lent;
  }

  /** The pool was empty and every lent pair at its limit of uses: those who wait share the next one alike. */
  async #wait(deadline: Deadline): Promise<Lent> {
    const over = new AbortController();
    const late = sleep(deadline.remaining(), undefined, { signal: over.signal }).then(() => {
      throw temporarilyUnavailable('No key pair could be made in time.');
    });
    this.#counted.inc({ source: 'awaited' });
    this.#waiting += 1;
    try {
      for (;;) {
        this.#fill();
        await Promise.race([late, ...this.#making]);
        const lent = this.#lend(true);
        if (lent !== undefined) return lent;
      }
    } finally {
      this.#waiting -= 1;
      over.abort();
    }
  }

  /** Makes pairs in the background until the pool is full and no request waits. */
  #fill(): void {
    const { size, makers } = this.options;
    const missing = size - this.#ready.size + Math.min(1, this.#waiting);
    while (!this.#closed && this.#making.size < Math.min(makers, missing)) {
      const making = this.#make();
      this.#making.add(making);
      const made = (): boolean => this.#making.delete(making);
      // After a failure the next request that needs a pair tries again: at once it would only fail again.
      making.then(() => made() && this.#fill(), made);
    }
  }

  /** Keeps one more pair ready. */
  async #make(): Promise<void> {
    const started = performance.now();
    const pair = await this.options.make().catch((cause: unknown) => {
      throw new Error('no key pair could be made', { cause });
    });
    this.#seconds.observe((performance.now() - started) / 1000);
    const expire = (): void => {
      this.#ready.delete(pair);
      this.#size.set(this.#ready.size);
      this.#fill();
    };
    this.#ready.set(pair, setTimeout(expire, this.options.maxAgeMs).unref());
    this.#size.set(this.#ready.size);
  }
}

const generate = promisify(generateKeyPair);

/** Makes an RSA-2048 key pair on a thread of its own: a quarter of a second that the event loop does not see. */
export async function makeKeyPair(): Promise<KeyPair> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048, publicExponent: 0x10001 });
  warmUp(privateKey);
  return { privateKey, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/**
 * A key's first private operation also sets up what the later ones reuse, which is half the time of opening an answer. Done here and
 * not on a thread, because OpenSSL's blinding belongs to the thread that first used the key.
 */
function warmUp(key: KeyObject): void {
  privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.alloc(1));
}
