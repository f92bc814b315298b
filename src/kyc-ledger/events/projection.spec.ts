import fc from 'fast-check';
import type { EventData, EventBody } from './event';
import type { Submission } from '../submissions/submission.entity';
import type { EventType, SubmissionKind } from '../submissions/submission-state';
import { folded, opened, replayed } from './projection';

const NOON = Date.UTC(2026, 10, 22, 12);

/** An event, `seconds` after noon, that brought the named vault entries; an entry's id is its name and the event's type. */
function event(
  type: EventType,
  { data = {}, vault = [], seconds = 0 }: { data?: EventData; vault?: string[]; seconds?: number } = {},
): EventBody {
  return {
    businessUnit: 'nanovest',
    submissionId: 'submission-1',
    personId: 'person-1',
    type,
    at: new Date(NOON + seconds * 1000),
    sourceKey: 'test',
    data,
    vault: vault.map((name) => ({ id: `${name} of ${type}`, name, sealedSha256: '', commitment: '' })),
  };
}

const opening = (kind: SubmissionKind, more: EventData = {}, vault: string[] = []): EventBody =>
  event('kyc.opened', { data: { kind, openedBy: 'user', ...more }, vault });
let open: Submission;
let verified: Submission;

beforeAll(() => {
  open = opened(opening('gtf-coe', {}, ['phone']));
  verified = folded(open, event('kyc.verified', { seconds: 5 }));
});

describe('a submission', () => {
  it('is open after its first event', () => {
    const first = opening('gtf-coe', { submissionType: 'IDV' }, ['partner-submission', 'phone', 'identity']);
    expect(opened(first)).toEqual({
      businessUnit: 'nanovest',
      id: 'submission-1',
      personId: 'person-1',
      kind: 'gtf-coe',
      submissionType: 'IDV',
      openedBy: 'user',
      status: 'open',
      reasonCode: null,
      verification: null,
      decision: null,
      phoneEntry: 'phone of kyc.opened',
      identityEntry: 'identity of kyc.opened',
      partnerEntry: 'partner-submission of kyc.opened',
      createdAt: new Date(NOON),
      updatedAt: new Date(NOON),
      lastSeq: 0,
    });
    expect(open).toMatchObject({ submissionType: null, identityEntry: null, partnerEntry: null });
  });

  it('that the back office handed in is approved by it at once', () => {
    const handedIn = opening('common-kyc', { openedBy: 'back-office', by: 'desk' }, ['decision']);
    expect(opened(handedIn)).toMatchObject({
      status: 'approved',
      openedBy: 'back-office',
      decision: {
        outcome: 'approved',
        by: 'desk',
        at: '2026-11-22T12:00:00.000Z',
        decidedOn: null,
        overridden: false,
        corrected: [],
        entry: 'decision of kyc.opened',
      },
    });
  });

  it.each([
    ['itself', { ...opening('gtf-coe'), submissionId: null }],
    ['its person', { ...opening('gtf-coe'), personId: null }],
    ['its kind', event('kyc.opened', { data: { openedBy: 'user' } })],
    ['who opened it', event('kyc.opened', { data: { kind: 'gtf-coe' } })],
  ])('cannot begin with an event that does not name %s', (_, first) => {
    expect(() => opened(first)).toThrow('kyc.opened names a submission');
  });
});

describe('a later event', () => {
  it('moves the status, with the partner’s reason and words', () => {
    const words = { nik: 'fail', name: 'pass', dateOfBirth: 'pass', selfie: 'unknown' } as const;
    const data = { reasonCode: 'nik_mismatch', verification: words };
    const declined = folded(open, event('kyc.declined', { data, vault: ['identity'], seconds: 9 }));
    expect(declined).toEqual({
      ...open,
      status: 'declined',
      reasonCode: 'nik_mismatch',
      verification: words,
      identityEntry: 'identity of kyc.declined',
      updatedAt: new Date(NOON + 9_000),
    });
    const approved = folded(declined, event('kyc.approved', { data: { override: true }, seconds: 10 }));
    expect(approved).toMatchObject({ status: 'approved', reasonCode: 'nik_mismatch', verification: words });
    const cleared = folded(declined, event('kyc.rejected', { data: { reasonCode: null }, seconds: 10 }));
    expect(cleared).toMatchObject({ status: 'rejected', reasonCode: null, verification: words });
  });

  it('that only notes something leaves the submission as it is', () => {
    for (const type of ['challenge_code.issued', 'identity.read', 'partner.contradicted'] as const)
      expect(
        folded(verified, event(type, { data: { reasonCode: 'x' }, vault: ['decision'], seconds: 60 })),
      ).toBe(verified);
  });

  it.each([
    ['phone', 'phoneEntry'],
    ['identity', 'identityEntry'],
    ['partner-submission', 'partnerEntry'],
  ])('that notes something and brings the %s changes that alone', (name, field) => {
    const note = event('challenge_code.issued', {
      data: { reasonCode: 'x' },
      vault: ['other', name],
      seconds: 60,
    });
    expect(folded(verified, note)).toEqual({
      ...verified,
      [field]: `${name} of challenge_code.issued`,
      updatedAt: new Date(NOON + 60_000),
    });
  });

  it('never puts the clock back', () => {
    const earlier = folded(verified, event('kyc.approved', { seconds: -60 }));
    expect(earlier.updatedAt).toEqual(verified.updatedAt);
    expect(earlier.createdAt).toEqual(open.createdAt);
  });

  it('says nothing new where the partner repeats itself, also after a decision', () => {
    expect(folded(verified, event('kyc.verified')).status).toBe('verified');
    const rejected = folded(verified, event('kyc.rejected', { seconds: 6 }));
    expect(folded(rejected, event('kyc.verified', { seconds: 7 })).status).toBe('rejected');
  });

  it('cannot contradict the partner’s verdict, nor come before its time', () => {
    expect(() => folded(verified, event('kyc.declined'))).toThrow('kyc.declined cannot happen in verified');
    expect(() => folded(open, event('kyc.approved'))).toThrow('kyc.approved cannot happen in open');
  });
});

describe('a decision', () => {
  it.each(['approved', 'rejected'] as const)(
    'that a submission is %s is kept with who, when and why',
    (outcome) => {
      const data = { by: 'desk', override: true, corrected: ['nik', 'email'] };
      const decided = folded(verified, event(`kyc.${outcome}`, { data, vault: ['decision'], seconds: 8 }));
      const decision = {
        outcome,
        by: 'desk',
        at: '2026-11-22T12:00:08.000Z',
        decidedOn: 'verified',
        overridden: true,
        corrected: ['nik', 'email'],
        entry: `decision of kyc.${outcome}`,
      };
      expect(decided).toMatchObject({ status: outcome, decision });
    },
  );

  it('stays when the data is shared', () => {
    const approved = folded(verified, event('kyc.approved', { data: { by: 'desk' }, seconds: 8 }));
    const shared = folded(approved, event('common_kyc.shared', { data: { by: 'partner' }, seconds: 9 }));
    expect(shared).toMatchObject({ status: 'shared', decision: approved.decision });
  });

  it('without these was made by nobody, on nothing, with no correction', () => {
    const { decision } = folded(
      verified,
      event('kyc.approved', { data: { by: 5, override: 'yes', corrected: 'nik' } }),
    );
    expect(decision).toMatchObject({ by: '', overridden: false, corrected: [], entry: null });
  });
});

describe('a submission that is rebuilt from its events', () => {
  it('is what it was, with the place of the last event that changed it', () => {
    const notes = fc.array(fc.boolean(), { maxLength: 6 });
    fc.assert(
      fc.property(notes, (changing) => {
        const later = changing.map((brings, index) =>
          event('challenge_code.issued', { vault: brings ? ['identity'] : [], seconds: index }),
        );
        const bodies = [opening('satusehat'), ...later];
        const rebuilt = replayed(bodies.map((body, index) => ({ seq: 10 + index, body })));
        const { lastSeq, ...kept } = rebuilt;
        expect(lastSeq).toBe(11 + changing.lastIndexOf(true));
        expect({ ...kept, lastSeq: 0 }).toEqual(later.reduce(folded, opened(opening('satusehat'))));
      }),
    );
  });

  it('has at least one', () => {
    expect(() => replayed([])).toThrow('a submission has a first event');
  });
});
