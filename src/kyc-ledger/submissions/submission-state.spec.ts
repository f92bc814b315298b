import fc from 'fast-check';
import {
  EVENT_TYPES,
  firstStatus,
  kindsWith,
  LAST_EVENTS,
  needsOverride,
  READ_EVENTS,
  STATUS_EVENTS,
  type StatusEvent,
  SUBMISSION_KINDS,
  type SubmissionKind,
  SUBMISSION_STATUSES,
  statusAfter,
  type SubmissionStatus,
  traitsOf,
  type Transition,
  TRANSITIONS,
  verdict,
} from './submission-state';

const EVENTS = STATUS_EVENTS.filter((event) => event !== 'kyc.opened');

/** How far a submission has come; the partner may change its mind only before its final word. */
const STAGE: Readonly<Record<SubmissionStatus, number>> = {
  open: 0,
  processing: 0,
  unrecognised: 0,
  stale: 0,
  verified: 1,
  declined: 1,
  error: 1,
  approved: 2,
  rejected: 2,
  shared: 3,
  share_failed: 3,
};

const APPROVED: readonly string[] = ['approved', 'shared', 'share_failed'];
const FINAL_WORDS: readonly string[] = ['verified', 'declined', 'error'];

/** The rules of contract §7.5, said apart from the table. */
function ruled(kind: SubmissionKind, status: SubmissionStatus, event: StatusEvent): Transition {
  const mayDecide =
    FINAL_WORDS.includes(status) ||
    ['unrecognised', 'stale'].includes(status) ||
    (kind === 'satusehat' && status === 'open');
  switch (event) {
    case 'kyc.approved':
      return APPROVED.includes(status) ? 'same' : mayDecide ? 'approved' : 'refused';
    case 'kyc.rejected':
      return status === 'rejected' ? 'same' : mayDecide ? 'rejected' : 'refused';
    case 'common_kyc.shared':
      return status === 'shared' ? 'same' : APPROVED.includes(status) ? 'shared' : 'refused';
    case 'common_kyc.share_failed':
      return APPROVED.includes(status) && status !== 'shared' ? 'share_failed' : 'refused';
    default: {
      const word = event.slice('kyc.'.length) as SubmissionStatus;
      if (word === status) return 'same';
      if (STAGE[status] === 0) return word;
      const agrees = word === 'verified' && APPROVED.includes(status);
      return FINAL_WORDS.includes(word) && !agrees ? 'contradiction' : 'same';
    }
  }
}

describe('the life of a submission', () => {
  it('follows the rules in every status, whatever happens, for every kind', () => {
    for (const kind of SUBMISSION_KINDS)
      for (const status of SUBMISSION_STATUSES)
        for (const event of EVENTS)
          expect([kind, status, event, verdict(kind, status, event)]).toEqual([
            ...[kind, status, event],
            ruled(kind, status, event),
          ]);
  });

  it('begins open, but for data that the back office hands in approved; its opening is nothing new later', () => {
    expect(SUBMISSION_KINDS.filter((kind) => firstStatus(kind) === 'approved')).toEqual(['common-kyc']);
    for (const status of SUBMISSION_STATUSES) expect(verdict('gtf-coe', status, 'kyc.opened')).toBe('same');
  });

  it('ends with the events after which no other moves it, and when its person is erased', () => {
    const moves = (from: SubmissionStatus, event: StatusEvent): boolean =>
      !['same', 'refused', 'contradiction'].includes(verdict('gtf-coe', from, event));
    const last = EVENTS.filter((event) => !EVENTS.some((next) => moves(statusAfter('gtf-coe', event), next)));
    expect(LAST_EVENTS.toSorted()).toEqual([...last, 'person.erased'].sort());
  });

  it('has an answer for every event in every status', () => {
    for (const status of SUBMISSION_STATUSES)
      expect(Object.keys(TRANSITIONS[status]).sort()).toEqual([...EVENTS].sort());
  });

  it('reaches every status from the beginning', () => {
    const reached = new Set<SubmissionStatus>(SUBMISSION_KINDS.map(firstStatus));
    for (const status of reached)
      for (const kind of SUBMISSION_KINDS)
        for (const event of EVENTS) {
          const result = verdict(kind, status, event);
          if (result !== 'same' && result !== 'refused' && result !== 'contradiction') reached.add(result);
        }
    expect([...reached].sort()).toEqual([...SUBMISSION_STATUSES].sort());
  });

  it('never goes backwards, whatever happens in whatever order', () => {
    const happenings = fc.array(fc.constantFrom<StatusEvent>(...STATUS_EVENTS), { maxLength: 30 });
    fc.assert(
      fc.property(fc.constantFrom(...SUBMISSION_KINDS), happenings, (kind, events) => {
        let status = firstStatus(kind);
        for (const event of events) {
          const result = verdict(kind, status, event);
          if (result === 'same' || result === 'refused' || result === 'contradiction') continue;
          expect(STAGE[result]).toBeGreaterThanOrEqual(STAGE[status]);
          if (STAGE[status] === 1) expect(STAGE[result]).toBe(2);
          status = result;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is verified by nothing but the partner’s word', () => {
    for (const status of SUBMISSION_STATUSES)
      for (const event of EVENTS)
        if (TRANSITIONS[status][event] === 'verified') expect(event).toBe('kyc.verified');
  });

  it.each(['kyc.approved', 'kyc.rejected'] as const)(
    'is %s by the back office when the partner is done or gave up; SATUSEHAT, which gives no verdict, when open',
    (event) => {
      const decided = event === 'kyc.approved' ? 'approved' : 'rejected';
      const done = ['verified', 'declined', 'error', 'unrecognised', 'stale'];
      for (const kind of SUBMISSION_KINDS)
        expect(SUBMISSION_STATUSES.filter((status) => verdict(kind, status, event) === decided)).toEqual(
          kind === 'satusehat' ? ['open', ...done] : done,
        );
    },
  );

  it('is approved as a matter of course only when verified; everything else the partner said is overridden', () => {
    const free = SUBMISSION_STATUSES.filter(
      (status) => verdict('gtf-coe', status, 'kyc.approved') === 'approved' && !needsOverride(status),
    );
    expect(free).toEqual(['verified']);
  });

  it('is left by each event in the status that the event moves it to, and by its opening in its first one', () => {
    for (const kind of SUBMISSION_KINDS) {
      expect(statusAfter(kind, 'kyc.opened')).toBe(firstStatus(kind));
      for (const status of SUBMISSION_STATUSES)
        for (const event of EVENTS) {
          const moved = verdict(kind, status, event);
          if (moved !== 'same' && moved !== 'contradiction' && moved !== 'refused')
            expect(statusAfter(kind, event)).toBe(moved);
        }
    }
  });

  it('is shared only after approval', () => {
    for (const status of SUBMISSION_STATUSES) {
      const shares = verdict('gtf-coe', status, 'common_kyc.shared');
      expect(shares === 'shared' || shares === 'same').toBe(
        ['approved', 'shared', 'share_failed'].includes(status),
      );
    }
  });

  it('records a different final word of the partner as a contradiction and stays', () => {
    expect(verdict('gtf-coe', 'declined', 'kyc.verified')).toBe('contradiction');
    expect(verdict('gtf-coe', 'approved', 'kyc.declined')).toBe('contradiction');
    expect(verdict('gtf-coe', 'shared', 'kyc.error')).toBe('contradiction');
    expect(verdict('gtf-coe', 'rejected', 'kyc.verified', 'stale')).toBe('contradiction');
  });

  it('takes the word that the back office decided on for nothing new', () => {
    expect(verdict('gtf-coe', 'rejected', 'kyc.verified', 'verified')).toBe('same');
    expect(verdict('gtf-coe', 'approved', 'kyc.declined', 'declined')).toBe('same');
    expect(verdict('gtf-coe', 'approved', 'kyc.error', 'declined')).toBe('contradiction');
  });
});

describe('kinds of submissions', () => {
  it('are told apart by whether a partner verifies, and by whom they are about', () => {
    const traits = SUBMISSION_KINDS.map((kind) => [kind, traitsOf(kind).isVerified, traitsOf(kind).about]);
    expect(traits).toEqual([
      ['gtf-siv', true, 'opener'],
      ['gtf-coe', true, 'opener'],
      ['satusehat', false, 'approval'],
      ['common-kyc', false, 'opener'],
    ]);
  });

  it('are named in a sentence of the API', () => {
    expect(kindsWith(({ isVerified }) => isVerified)).toBe('`gtf-siv` and `gtf-coe`');
  });
});

describe('the types of events', () => {
  it('are each named once, by what they are about and what happened', () => {
    expect(new Set(EVENT_TYPES).size).toBe(EVENT_TYPES.length);
    for (const type of EVENT_TYPES) expect(type).toMatch(/^[a-z_]+\.[a-z_]+$/);
    for (const known of ['kyc.opened', 'person.erased', 'challenge_code.issued', 'ledger.checkpoint'])
      expect(EVENT_TYPES).toContain(known);
  });

  it('say by their name where data was read in clear', () => {
    expect(READ_EVENTS.toSorted()).toEqual(EVENT_TYPES.filter((type) => type.endsWith('.read')).sort());
  });
});
