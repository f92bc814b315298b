import { constants, generateKeyPair, type KeyObject, privateEncrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { temporarilyUnavailable } from '../../platform/errors';
import type { Metrics } from '../../platform/metrics';
import type { Clock, Deadline } from '../../platform/time';

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

interface Ready {
  readonly pair: KeyPair;
  readonly expiresAt: number;
}

/**
 * RSA key pairs made ahead of time (satusehat.md §10: one takes a quarter of a second).
 * A pair is used once, and its private half forgotten when the answer is there. Only when more answers are awaited at once than
 * pairs are ready do requests share the pairs that are lent already, each at most `maxUses` times.
 */
export class KeyPairPool implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #ready: Ready[] = [];
  readonly #lent = new Set<Lent>();
  readonly #waiting = new Set<PromiseWithResolvers<Lent>>();
  #making = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #counted;

  constructor(
    private readonly options: KeyPairPoolOptions,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#counted = {
      ready: metrics.gauge({ name: 'satusehat_key_pairs_ready', help: 'RSA key pairs ready for use' }),
      /** Many `awaited` ones ask for a larger pool. */
      lent: metrics.counter({
        name: 'satusehat_key_pairs_lent_total',
        help: 'RSA key pairs given to requests: from the pool, shared with other requests, or after waiting for one',
        labels: ['source'],
      }),
      seconds: metrics.histogram({
        name: 'satusehat_key_pair_generation_seconds',
        help: 'Time the making of one RSA key pair took in the background',
        buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5],
      }),
    };
  }

  onApplicationBootstrap(): void {
    const { fillAfterMs } = this.options;
    if (fillAfterMs !== null) this.#timer = setTimeout(() => this.#fill(), fillAfterMs).unref();
  }

  onApplicationShutdown(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#ready.length = 0;
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

  #lend(): Lent | undefined {
    this.#dropExpired();
    const ready = this.#ready.shift();
    this.#fill();
    if (ready !== undefined) {
      this.#counted.lent.inc({ source: 'pool' });
      return this.#start(ready.pair);
    }
    const shared = leastUsed(this.#lent, this.options.maxUses);
    if (shared === undefined) return undefined;
    this.#counted.lent.inc({ source: 'shared' });
    return again(shared);
  }

  /** Waits for the next pair: the pool was empty and every lent one at its limit of uses. */
  #wait(deadline: Deadline): Promise<Lent> {
    this.#counted.lent.inc({ source: 'awaited' });
    const waiting = Promise.withResolvers<Lent>();
    const late = (): void => waiting.reject(temporarilyUnavailable('No key pair could be made in time.'));
    const timer = setTimeout(late, deadline.remaining());
    this.#waiting.add(waiting);
    this.#fill();
    return waiting.promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    });
  }

  /** Makes pairs in the background until the pool is full and no request waits. */
  #fill(): void {
    const { size, makers } = this.options;
    const missing = size - this.#ready.length + (this.#waiting.size > 0 ? 1 : 0);
    while (!this.#closed && this.#making < Math.min(makers, missing)) void this.#makeOne();
  }

  async #makeOne(): Promise<void> {
    this.#making += 1;
    const started = performance.now();
    let pair: KeyPair;
    try {
      pair = await this.options.make();
    } catch (error) {
      // The next request that needs a pair tries again: at once it would only fail again.
      const failed = new Error('no key pair could be made', { cause: error });
      for (const { reject } of this.#waiting) reject(failed);
      this.#waiting.clear();
      return;
    } finally {
      this.#making -= 1;
    }
    this.#counted.seconds.observe((performance.now() - started) / 1000);
    this.#receive(pair);
    this.#fill();
  }

  #receive(pair: KeyPair): void {
    if (this.#closed && this.#waiting.size === 0) return;
    if (this.#waiting.size === 0) {
      this.#ready.push({ pair, expiresAt: this.clock.elapsed() + this.options.maxAgeMs });
      this.#counted.ready.set(this.#ready.length);
      return this.#expireLater();
    }
    let lent: Lent | undefined;
    for (const waiting of this.#waiting) {
      if (lent !== undefined && lent.uses >= this.options.maxUses) break;
      lent = lent === undefined ? this.#start(pair) : again(lent);
      this.#waiting.delete(waiting);
      waiting.resolve(lent);
    }
  }

  #start(pair: KeyPair): Lent {
    const lent = { pair, uses: 1, awaited: 1 };
    this.#lent.add(lent);
    return lent;
  }

  #dropExpired(): void {
    const now = this.clock.elapsed();
    const fresh = this.#ready.filter(({ expiresAt }) => expiresAt > now);
    this.#ready.splice(0, this.#ready.length, ...fresh);
    this.#counted.ready.set(fresh.length);
  }

  /** Checks again when the oldest pair has expired, so that an idle gateway holds no old private key. */
  #expireLater(): void {
    const [oldest] = this.#ready;
    clearTimeout(this.#timer);
    if (oldest === undefined || this.#closed) return;
    this.#timer = setTimeout(
      () => {
        this.#dropExpired();
        this.#fill();
        this.#expireLater();
      },
      Math.max(1, oldest.expiresAt - this.clock.elapsed()),
    ).unref();
  }
}

function leastUsed(lent: Iterable<Lent>, maxUses: number): Lent | undefined {
  let best: Lent | undefined;
  for (const candidate of lent)
    if (candidate.uses < maxUses && (best === undefined || candidate.uses < best.uses)) best = candidate;
  return best;
}

function again(lent: Lent): Lent {
  lent.uses += 1;
  lent.awaited += 1;
  return lent;
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
