import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sealMessage } from '../lab/satusehat/envelope';
import { Metrics } from '../src/platform/metrics';
import { Deadline } from '../src/platform/time';
import { open, seal } from '../src/satusehat/envelope/envelope';
import { type KeyPair, KeyPairPool, makeKeyPair } from '../src/satusehat/partner/key-pair-pool';
import { median, type Report } from './benchmark';

const POOL_SIZE = 8;
const BURSTS = [1, 4, POOL_SIZE];
/** Calls of every size of burst, so that small bursts are not judged by fewer of them. */
const CALLS = 48;
const YARDSTICK_CALLS = 24;
const MIN_TIMES = 80;

const { publicKey: ministryKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ANSWER = JSON.stringify({
  metadata: { code: '200', message: 'OK' },
  data: {
    agent_name: 'Bambang Wisanggeni',
    agent_nik: '3313096403900009',
    token: 't',
    url: 'https://localhost/',
  },
});

/** Runs something with a key pair that is there as long as it lasts. */
type WithPair = <T>(work: (pair: KeyPair) => Promise<T>) => Promise<T>;

/** What every public SDK does: a key pair for each call, made while the program waits. */
const pairPerCall: WithPair = (work) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return work({ privateKey: createPrivateKey(privateKey), publicKeyPem: publicKey });
};

/** Time to seal a request and open its answer, from the pool against a key pair a call. */
export async function envelopeBench(report: Report): Promise<void> {
  const metrics = new Metrics();
  const pool = new KeyPairPool(
    { size: POOL_SIZE, maxAgeMs: 3_600_000, maxUses: 1, makers: 1, fillAfterMs: 0, make: makeKeyPair },
    metrics,
  );
  const pooled: WithPair = (work) => pool.use(Deadline.after(60_000), work);
  pool.onApplicationBootstrap();
  try {
    for (const size of BURSTS) {
      const ours: number[] = [];
      for (let round = 0; round < CALLS / size; round += 1) {
        await filled(metrics);
        ours.push(...(await burst(size, pooled)));
      }
      const theirs: number[] = [];
      for (let round = 0; round < YARDSTICK_CALLS / size; round += 1)
        theirs.push(...(await burst(size, pairPerCall)));
      report.figure({
        what: `sealing and opening, burst of ${size}, a pool of key pairs`,
        ours: `${median(ours).toFixed(2)} ms`,
        yardstick: `${median(theirs).toFixed(0)} ms, a key pair a call`,
        ratio: median(theirs) / median(ours),
        floor: { bound: 'at least', limit: MIN_TIMES },
      });
    }
  } finally {
    pool.onApplicationShutdown();
  }
}

/**
 * Calls that begin together, in milliseconds each: from the beginning until its request is sealed, and from the moment the answers
 * are there until its own is open.
 */
function burst(size: number, withPair: WithPair): Promise<number[]> {
  const ministry = new Ministry(size);
  const started = performance.now();
  const call = async ({ privateKey, publicKeyPem }: KeyPair): Promise<number> => {
    seal(JSON.stringify({ agent_name: 'A', agent_nik: '1', public_key: publicKeyPem }), ministryKey);
    const sealedAfter = performance.now() - started;
    const answer = await ministry.ask(publicKeyPem);
    open(answer, privateKey);
    return sealedAfter + performance.now() - ministry.answeredAt;
  };
  return Promise.all(Array.from({ length: size }, () => withPair(call)));
}

/** Answers all calls of a burst together, and off the clock. */
class Ministry {
  answeredAt = 0;
  readonly #asked: (() => void)[] = [];

  constructor(private readonly calls: number) {}

  ask(publicKeyPem: string): Promise<string> {
    return new Promise((resolve) => {
      this.#asked.push(() => resolve(sealMessage(ANSWER, createPublicKey(publicKeyPem))));
      if (this.#asked.length < this.calls) return;
      for (const answer of this.#asked) answer();
      this.answeredAt = performance.now();
    });
  }
}

async function filled(metrics: Metrics): Promise<void> {
  // Reading all metrics would leave garbage to be collected within the measured time.
  const ready = (): Promise<string> => metrics.registry.getSingleMetricAsString('satusehat_key_pairs_ready');
  while (!(await ready()).endsWith(` ${POOL_SIZE}`)) await sleep(20);
}
