import { generateKeyPairSync } from 'node:crypto';
import type { Database } from '../../platform/database';
import type { ChainEvents } from './chain-events';
import { LedgerSigner, type SignedEnd } from './checkpoint';
import { CheckpointMemory } from './checkpoint-memory';
import type { CheckpointPublisher } from './checkpoint-publisher';
import { Checkpoints } from './checkpoints';

const UNIT = 'nanovest';
const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const settings = {
  values: {
    LEDGER_SIGNING_KEY: { reveal: () => pem },
    LEDGER_CHECKPOINT_EVENTS: 1,
    LEDGER_CHECKPOINT_SECONDS: 1,
  },
} as unknown as ConstructorParameters<typeof LedgerSigner>[0];
const signer = new LedgerSigner(settings);
const hashOf = (seq: number): string => seq.toString(16).padStart(64, '0');

function signed(seq: number): SignedEnd {
  return signer.end({ businessUnit: UNIT, seq, hash: hashOf(seq), at: new Date(seq).toISOString() });
}

describe('a chain that another process goes on with and signs', () => {
  let last: number;
  /** What happens while the chains' ends are read. */
  let meanwhile: () => void;
  const broken = jest.fn();
  const published = jest.fn();
  const outside = {
    broken,
    publish: published,
    async *kept() {},
  } as unknown as CheckpointPublisher;
  const database = {
    query: (text: string, [, asked]: unknown[]) => {
      if (text.includes('FROM ledger_head')) {
        const end = { businessUnit: UNIT, seq: last, hash: hashOf(last), isKept: false };
        meanwhile();
        return Promise.resolve([{ ...end, checkpoint: signed(5), restore: null }]);
      }
      if (text.includes('AS "goesOn"')) return Promise.resolve([{ goesOn: true, waitingSeconds: 100 }]);
      return Promise.resolve((asked as number[]).map((seq) => ({ seq, hash: hashOf(seq) })));
    },
  } as unknown as Database;
  let memory: CheckpointMemory;

  beforeEach(() => {
    broken.mockClear();
    published.mockClear();
    memory = new CheckpointMemory(database, signer, outside);
    // Another comparison of this process reads a newer end between the two queries of this one.
    last = 10;
    meanwhile = () => {
      last = 20;
      memory.remember(signed(last));
    };
  });

  it('is at no fault for ending before what was signed meanwhile', async () => {
    expect(await memory.compare()).toMatchObject([{ seq: 10, fault: null }]);
    expect(memory.newest(UNIT)?.seq).toBe(20);
  });

  it('is neither signed at its older end nor taken for broken', async () => {
    const events = {
      faultBetween: () => Promise.resolve({ businessUnit: UNIT, seq: 10, what: 'does not hold' }),
    } as unknown as ChainEvents;
    const checkpoints = new Checkpoints(database, events, signer, settings as never, memory);
    await checkpoints.signDue(() => Promise.resolve());
    expect(broken).not.toHaveBeenCalled();
    expect(published).not.toHaveBeenCalled();
    expect(await checkpoints.hold()).toBe(true);
  });
});
