import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { BlindIndex } from '../crypto';
import { Database } from '../database';
import { IdempotencyStore } from '.';
import { IdempotencyKey } from './idempotency-key.entity';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';

type Use = Parameters<IdempotencyStore['claim']>[0];

/** What a key stands for, as the contract has it. */
interface Remembered {
  readonly request: string;
  readonly at: number;
  readonly claim: string;
  answer: string | null;
}

const DAY_MS = 24 * 3_600_000;
const SUBMISSION = '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11';
const OTHER_SUBMISSION = '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c12';

const uses = fc.record({
  businessUnit: fc.constantFrom('nanovest', 'siminvest'),
  caller: fc.constantFrom('user 1', 'user 2', 'back-office'),
  route: fc.constantFrom('POST /v1/gtf/submissions', 'POST /v1/common-kyc'),
  key: fc.constantFrom('k', 'K'),
});
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        use: uses,
        request: fc.constantFrom('{"a":1}', '{"a":2}'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom('answer', 'fail', 'roll back'), try: fc.nat() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        // Sums are the limits themselves or seconds away from them: the story itself takes its time, too.
        ms: fc.constantFrom(20_000, 60_000, DAY_MS - 90_000, DAY_MS),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('erase', 'clean') }) },
  ),
  { minLength: 10, maxLength: 40 },
);

let gateway: InProcessGateway;
let database: Database;
let now = Date.parse('2026-11-22T03:00:00Z');
let answers: IdempotencyStore[];

beforeAll(async () => {
  gateway = await startInProcessGateway();
  database = gateway.app.get(Database);
  const index = gateway.app.get(BlindIndex);
  const keys = gateway.app.get(DataSource).getRepository(IdempotencyKey);
  answers = [0, 1].map(() => new IdempotencyStore(database, keys, index));
});
afterAll(async () => {
  await gateway?.close();
});

/** Two replicas against a map in memory. */
class Story {
  readonly #model = new Map<string, Remembered>();
  readonly #tries: { readonly use: Use; readonly claim: string }[] = [];
  #turn = 0;

  get #replica(): IdempotencyStore {
    const replica = answers[this.#turn++ % answers.length];
    if (replica === undefined) throw new Error('there are two');
    return replica;
  }

  async ask(use: Use, request: string): Promise<void> {
    const claimed = await this.#replica.claim(use, request);
    const known = this.#model.get(JSON.stringify(use));
    expect(claimed).toEqual(this.#expected(known, request));
    if (claimed.kind !== 'mine') return;
    this.#tries.push({ use, claim: claimed.claim });
    this.#model.set(JSON.stringify(use), { request, at: now, claim: claimed.claim, answer: null });
  }

  #expected(known: Remembered | undefined, request: string): object {
    const free =
      known === undefined || now >= known.at + DAY_MS || (known.answer === null && now >= known.at + 60_000);
    if (free) return { kind: 'mine', claim: expect.any(String) };
    if (known.request !== request) return { kind: 'reused' };
    if (known.answer === null) return { kind: 'running' };
    if (known.answer === 'erased') return { kind: 'erased' };
    return {
      kind: 'answered',
      answer: { status: 201, headers: { location: 'x' }, body: { claim: known.answer } },
    };
  }

  /** A try ends; a late one must notice that it lost its key. */
  async end(index: number, how: 'answer' | 'fail' | 'roll back'): Promise<void> {
    const [ended] = this.#tries.splice(index % Math.max(1, this.#tries.length), 1);
    if (ended === undefined) return;
    const { use, claim } = ended;
    const known = this.#model.get(JSON.stringify(use));
    const holds = known?.claim === claim;
    if (how === 'fail') {
      await this.#replica.free(use, claim);
      if (holds && known.answer === null) this.#model.delete(JSON.stringify(use));
      return;
    }
    const answer = { status: 201, headers: { location: 'x' }, body: { claim } };
    const about = use.caller === 'user 1' ? SUBMISSION : OTHER_SUBMISSION;
    const work = database.transaction(async (tx) => {
      expect(await this.#replica.saveResponse(tx, use, claim, { about, answer, until: undefined })).toBe(
        holds,
      );
      if (how === 'roll back') throw new Error('rolled back');
    });
    if (how === 'roll back') await expect(work).rejects.toThrow('rolled back');
    else await work;
    if (holds && how === 'answer') known.answer = claim;
  }

  async erase(): Promise<void> {
    await database.transaction((tx) => this.#replica.eraseAbout(tx, 'nanovest', [SUBMISSION]));
    for (const [use, known] of this.#model) {
      const { businessUnit, caller } = JSON.parse(use) as Use;
      if (businessUnit === 'nanovest' && caller === 'user 1' && known.answer !== null)
        known.answer = 'erased';
    }
  }

  /** Makes everything in the database older. */
  async wait(ms: number): Promise<void> {
    now += ms;
    await database.query(
      `UPDATE idempotency_key SET claimed_at = claimed_at - make_interval(secs => $1),
         expires_at = expires_at - make_interval(secs => $1)`,
      [ms / 1_000],
    );
  }

  async clean(): Promise<void> {
    await this.#replica.forgetExpired();
    const [row] = await database.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM idempotency_key WHERE expires_at <= now()',
    );
    expect(row?.n).toBe(0);
    for (const [use, { at }] of this.#model) if (now >= at + DAY_MS) this.#model.delete(use);
  }
}

describe('a key, whatever happens in whatever order on two replicas', () => {
  it('stands for what the contract says', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (chosen) => {
        await database.query('DELETE FROM idempotency_key');
        const story = new Story();
        for (const step of chosen) {
          if ('use' in step) await story.ask(step.use, step.request);
          else if ('try' in step) await story.end(step.try, step.do);
          else if ('ms' in step) await story.wait(step.ms);
          else if (step.do === 'erase') await story.erase();
          else await story.clean();
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
