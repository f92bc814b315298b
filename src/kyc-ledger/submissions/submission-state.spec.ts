import fc from 'fast-check';
import {
  firstStatus,
  needsOverride,
  STATUS_EVENTS,
  type StatusEvent,
  SUBMISSION_KINDS,
  SUBMISSION_STATUSES,
  statusAfter,
  type SubmissionStatus,
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

describe('the life of a submission', () => {
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
