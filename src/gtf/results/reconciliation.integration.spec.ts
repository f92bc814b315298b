import fc from 'fast-check';
import { IS_LONG, SEED } from '../../../test/fuzz/support/runs';
import { Deadline } from '../../platform/time';
import { PartnerError } from '../../platform/outbound';
import type { CallbackData } from '../callbacks/callback-inbox.service';
import type { GtfState, GtfStatus } from './gtf-result';
import { GtfWorkbench } from './gtf-workbench.fixture';
import { eventually } from '../../../test/support/eventually';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';

let gateway: InProcessGateway;

beforeAll(async () => {
  gateway = await startInProcessGateway();
});
afterAll(async () => {
  await gateway?.close();
});

const HOUR = 3_600_000;

function answered(state: GtfState, reasonCode: string | null = null): GtfStatus {
  const result = {
    state,
    words: state,
    partnerSubmissionId: null,
    reasonCode,
    verification: null,
    ktp: null,
  };
  return { result, card: null };
}

function outage(): never {
  throw new PartnerError('GTF COE', 'coe_details', 'unavailable');
}

describe('with time, GTF’s answers and the jobs in hand', () => {
  let bench: GtfWorkbench;
  beforeAll(() => {
    bench = new GtfWorkbench(gateway);
  });
  afterAll(() => bench.release());

  it('an hour’s outage of GTF loses nothing and decides nothing; everything settles by itself afterwards', async () => {
    const sessions = await Promise.all(['a', 'b', 'c'].map((person) => bench.open('siv', person)));
    const started = bench.now;
    for (const { submissionId } of sessions)
      bench.answers.set(submissionId, () => (bench.now < started + HOUR ? outage() : answered('verified')));
    await bench.liveUntil(started + HOUR - 1);
    expect(await Promise.all(sessions.map((one) => bench.status(one.submissionId)))).toEqual([
      'open',
      'open',
      'open',
    ]);
    await bench.liveUntil(started + HOUR + 600_000);
    for (const { submissionId } of sessions) {
      expect(await bench.status(submissionId)).toBe('verified');
      expect((await bench.events(submissionId)).map(({ type }) => type)).toEqual([
        'kyc.opened',
        'kyc.verified',
      ]);
    }
    expect(bench.takeJobs('gtf-status-poll')).toEqual([]);
  });

  it('a day without a result is stale, with an alarm, and comes back to life when GTF answers after all', async () => {
    const { submissionId } = await bench.open();
    bench.answers.set(submissionId, outage);
    await bench.liveUntil(bench.now + 25 * HOUR);
    expect(await bench.status(submissionId)).toBe('stale');
    expect(
      gateway.logLines.some(
        (line) => line.includes('"alarm":"submission_stale"') && line.includes(submissionId),
      ),
    ).toBe(true);

    bench.answers.set(submissionId, () => answered('processing'));
    await bench.reconciliation.ask(await bench.session(submissionId), 'refresh', Deadline.after(1_000));
    expect(await bench.status(submissionId)).toBe('processing');
    bench.answers.set(submissionId, () => answered('declined', 'NOT_EKTP'));
    await bench.liveUntil(bench.now + HOUR);
    expect(await bench.status(submissionId)).toBe('declined');
    expect((await bench.events(submissionId)).map(({ type }) => type)).toEqual([
      'kyc.opened',
      'kyc.stale',
      'kyc.processing',
      'kyc.declined',
    ]);
  });

  it('what is stale is polled again once GTF calls, though it is away at that moment', async () => {
    const { submissionId, businessUnit, partnerSessionId } = await bench.open();
    bench.answers.set(submissionId, outage);
    await bench.liveUntil(bench.now + 25 * HOUR);
    expect(await bench.status(submissionId)).toBe('stale');
    const bytes = Buffer.from(JSON.stringify({ partnerSessionId, status: 'DONE' }));
    await bench.inbox.accept(businessUnit, bytes, { partnerSubmissionId: null, partnerSessionId });
    const [knock] = bench.takeJobs('gtf-callback');
    const answer = (): Promise<void> =>
      bench.processor.process({ businessUnit, digest: String(knock?.data['digest']) });
    await expect(answer()).rejects.toThrow(PartnerError);
    await expect(answer()).rejects.toThrow(PartnerError);
    bench.answers.set(submissionId, () => answered('verified'));
    await bench.liveUntil(bench.now + HOUR);
    expect(await bench.status(submissionId)).toBe('verified');
    expect((await bench.session(submissionId)).pollsFrom).toBeNull();
  });

  it('a callback that comes while its session is being stored is answered once it is', async () => {
    const look = async (): Promise<void> => {
      const [job] = bench.takeJobs('gtf-callback');
      await bench.processor.process(job?.data as CallbackData);
    };
    const opened = await bench.open('siv', 'somebody', async ({ submissionId, partnerSessionId }) => {
      bench.answers.set(submissionId, () => answered('verified'));
      const subject = { partnerSubmissionId: null, partnerSessionId };
      await bench.inbox.accept('nanovest', Buffer.from('{}'), subject);
      await look();
    });
    expect(await bench.status(opened.submissionId)).toBe('open');
    await eventually(
      () => Promise.resolve(bench.jobs),
      (jobs) => jobs.some(({ name }) => name === 'gtf-callback'),
    );
    await look();
    expect(await bench.status(opened.submissionId)).toBe('verified');
  });

  it('two workers with the same poll plan one next poll', async () => {
    const { submissionId } = await bench.open();
    bench.answers.set(submissionId, () => answered('processing'));
    const [job] = bench.takeJobs('gtf-status-poll', (data) => data['submissionId'] === submissionId);
    if (job === undefined) throw new Error('no poll was planned');
    await Promise.all([bench.poll(job.data), bench.poll(job.data), bench.poll(job.data)]);
    expect(bench.takeJobs('gtf-status-poll', (data) => data['submissionId'] === submissionId)).toHaveLength(
      1,
    );
  });

  it('every order of callbacks, repeats, polls and late answers ends in the same state', async () => {
    const tens = IS_LONG ? 200 : 20; // in short with every change, in full by `npm run test:fuzz -- --long`
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(sequences(), { minLength: 10, maxLength: 10 }), async (ten) => {
        await Promise.all(ten.map((one) => play(bench, one, `person ${(number += 1) % 10}`)));
      }),
      { numRuns: tens, seed: SEED },
    );
    expect(number).toBeGreaterThanOrEqual(10 * tens);
  }, 600_000);
});

type Action =
  | { readonly kind: 'gtf-goes-on' | 'poll' | 'refresh' | 'give-up' }
  | { readonly kind: 'callback'; readonly about: number; readonly copies: number }
  | { readonly kind: 'late-answer' | 'answer-arrives' };

interface Sequence {
  readonly words: readonly GtfStatus[];
  readonly actions: readonly Action[];
}

const FINAL = ['verified', 'declined', 'error'] as const;

/** GTF's words about one submission, the last one final, and what happens around them. */
function sequences(): fc.Arbitrary<Sequence> {
  const passing = fc.array(fc.constantFrom('initiated', 'processing', 'unrecognised', 'processing'), {
    maxLength: 4,
  });
  const words = fc
    .tuple(passing, fc.constantFrom(...FINAL), fc.constantFrom(null, 'NOT_EKTP', 'A_NEW_REASON'))
    .map(([before, last, reason]) => [...before.map((state) => answered(state)), answered(last, reason)]);
  const action: fc.Arbitrary<Action> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('gtf-goes-on' as const, 'poll' as const, 'refresh' as const, 'give-up' as const),
    }),
    fc.record({
      kind: fc.constant('callback' as const),
      about: fc.nat(5),
      copies: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ kind: fc.constantFrom('late-answer' as const, 'answer-arrives' as const) }),
  );
  return fc.record({ words, actions: fc.array(action, { maxLength: 6 }) });
}

/** Plays a sequence, then lets GTF finish and asks once more; every property that must hold afterwards. */
async function play(bench: GtfWorkbench, { words, actions }: Sequence, name: string): Promise<void> {
  const { submissionId, businessUnit, partnerSessionId } = await bench.open('siv', name);
  const last = words.at(-1);
  let present = 0;
  const late: GtfStatus[] = [];
  const now = (): GtfStatus => words[Math.min(present, words.length - 1)] ?? answered('initiated');
  bench.answers.set(submissionId, now);
  const knocks = (): Promise<void[]> => {
    const jobs = bench.takeJobs('gtf-callback');
    return Promise.all(
      jobs.map(({ data }) => bench.processor.process({ businessUnit, digest: String(data['digest']) })),
    );
  };
  const ask = async (by: 'poll' | 'refresh'): Promise<unknown> =>
    bench.reconciliation.ask(await bench.session(submissionId), by, Deadline.after(5_000));
  const callback = async (about: number, copies: number): Promise<unknown> => {
    const said = words[Math.min(about, words.length - 1)];
    const bytes = Buffer.from(JSON.stringify({ partnerSessionId, status: said?.result.words }));
    const subject = { partnerSubmissionId: null, partnerSessionId };
    await Promise.all(Array.from({ length: copies }, () => bench.inbox.accept(businessUnit, bytes, subject)));
    return knocks();
  };
  for (const action of actions) {
    switch (action.kind) {
      case 'gtf-goes-on':
        present += 1;
        break;
      case 'poll':
      case 'refresh':
        await ask(action.kind);
        break;
      case 'give-up':
        await bench.giveUp(submissionId);
        break;
      case 'callback':
        await callback(action.about, action.copies);
        break;
      case 'late-answer':
        late.push(now());
        break;
      case 'answer-arrives': {
        const answer = late.shift();
        if (answer !== undefined)
          await bench.reconciliation.record(await bench.session(submissionId), answer, 'poll');
        break;
      }
    }
  }
  present = words.length;
  await Promise.all([ask('poll'), callback(words.length, 1)]);
  for (const answer of late)
    await bench.reconciliation.record(await bench.session(submissionId), answer, 'poll');

  expect(await bench.status(submissionId)).toBe(last?.result.state);
  const events = (await bench.events(submissionId)).map(({ type }) => type);
  const finals = events.filter((type) => FINAL.some((state) => type === `kyc.${state}`));
  expect(finals).toEqual([`kyc.${last?.result.state}`]);
  expect(events.at(-1)).toBe(finals[0]);
  expect(events).not.toContain('partner.contradicted');
}
