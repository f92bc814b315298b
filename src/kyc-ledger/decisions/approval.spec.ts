import fc from 'fast-check';
import type { Identity } from '../people/identity';
import type { DecisionRecord, Submission } from '../submissions/submission.entity';
import {
  type Approval,
  approvedIdentity,
  type Corrections,
  overriddenWords,
  refuseOther,
  refuseUnacceptable,
} from './approval';

const FIELDS = ['fullName', 'nik', 'dateOfBirth', 'email', 'phoneNumber'] as const;
const KNOWN: Identity = {
  fullName: 'BUDI SANTOSO',
  nik: '3171010101900001',
  dateOfBirth: '1990-01-01',
  email: 'budi@example.org',
  phoneNumber: '6285610573956',
  ktp: { nik: '3171010101900001' },
};
const PASSED = { nik: 'pass', name: 'pass', dateOfBirth: 'pass', selfie: 'pass' } as const;
const VERIFIED = { kind: 'gtf-coe', verification: PASSED } as Submission;
const ATTESTED = { kind: 'satusehat', verification: null } as Submission;

function approving(corrections: Corrections = {}, more: Partial<Approval> = {}): Approval {
  return { corrections, officer: null, reason: null, override: false, consent: {}, ...more };
}

/** The code of the refusal and the fields it names; undefined where nothing is refused. */
function refusal(act: () => unknown): readonly unknown[] | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const {
      status,
      code,
      errors = [],
    } = error as {
      readonly status: number;
      readonly code: string;
      readonly errors?: readonly { readonly field: string; readonly message: string }[];
    };
    return [status, code, ...errors.map(({ field, message }) => `${field} ${message}`)];
  }
}

describe('what no approval may ask', () => {
  it('is another phone number than the person was verified with', () => {
    const other = approving({ phoneNumber: KNOWN.phoneNumber ?? '' });
    expect(refusal(() => refuseUnacceptable(VERIFIED, other))).toEqual([
      ...[422, 'not_correctable', 'phoneNumber cannot be corrected'],
    ]);
    expect(refusal(() => refuseUnacceptable(ATTESTED, other))).toBeUndefined();
  });

  it('is an override without a reason', () => {
    const override = approving({}, { override: true });
    const refused = refusal(() => refuseUnacceptable(VERIFIED, override));
    expect(refused).toEqual([422, 'reason_required', 'reason is needed for an override']);
    const explained = { ...override, reason: 'seen at the branch' };
    expect(refusal(() => refuseUnacceptable(VERIFIED, explained))).toBeUndefined();
    expect(refusal(() => refuseUnacceptable(VERIFIED, approving()))).toBeUndefined();
  });
});

describe('an approved identity', () => {
  it('is what is known, when nothing is corrected', () => {
    expect(approvedIdentity(VERIFIED, KNOWN, approving())).toEqual({ identity: KNOWN, corrected: [] });
  });

  it('has the officer’s corrections, and says which fields they changed', () => {
    const corrections = { fullName: 'BUDI SANTOSA', nik: KNOWN.nik ?? '', email: 'b@example.org' };
    expect(approvedIdentity(VERIFIED, KNOWN, approving(corrections, { reason: 'a typo' }))).toEqual({
      identity: { ...KNOWN, fullName: 'BUDI SANTOSA', email: 'b@example.org' },
      corrected: ['fullName', 'email'],
    });
  });

  it.each([
    ['fullName', 'SITI'],
    ['nik', '3273015009880004'],
    ['dateOfBirth', '1988-09-10'],
  ])('needs a reason where the partner’s word on %s is changed', (field, value) => {
    const refused = refusal(() => approvedIdentity(VERIFIED, KNOWN, approving({ [field]: value })));
    const what = 'a corrected name, NIK or date of birth';
    expect(refused).toEqual([422, 'reason_required', `reason is needed for ${what}`]);
    const { corrected } = approvedIdentity(ATTESTED, KNOWN, approving({ [field]: value }));
    expect(corrected).toEqual([field]);
  });

  it('needs none for an e-mail address, of which the partner says nothing', () => {
    const { corrected } = approvedIdentity(VERIFIED, KNOWN, approving({ email: 'b@example.org' }));
    expect(corrected).toEqual(['email']);
  });

  it.each(FIELDS.filter((field) => field !== 'email'))('is incomplete without %s', (field) => {
    const refused = refusal(() => approvedIdentity(VERIFIED, { ...KNOWN, [field]: null }, approving()));
    expect(refused).toEqual([422, 'incomplete_data', `${field} is not known`]);
  });

  it('says that nothing but a new verification helps who was verified without a phone number', () => {
    const detail = (submission: Submission, known: Identity): string => {
      try {
        approvedIdentity(submission, known, approving());
      } catch (error) {
        return (error as { readonly detail: string }).detail;
      }
      return '';
    };
    expect(detail(VERIFIED, { ...KNOWN, phoneNumber: null })).toMatch(
      /^The person was verified without a phone number.*reject the submission and let the person verify again/,
    );
    const elsewhere = 'More is needed than is known: send what is missing along with the approval.';
    expect(detail(VERIFIED, { ...KNOWN, fullName: null })).toBe(elsewhere);
    expect(detail(ATTESTED, { ...KNOWN, phoneNumber: null })).toBe(elsewhere);
  });

  it('has an empty e-mail address where a card shows none, but not where the approval alone says who it is', () => {
    const unknown = { ...KNOWN, email: null };
    expect(approvedIdentity(VERIFIED, unknown, approving())).toEqual({
      identity: { ...KNOWN, email: '' },
      corrected: [],
    });
    const refused = refusal(() => approvedIdentity(ATTESTED, unknown, approving()));
    expect(refused).toEqual([422, 'incomplete_data', 'email is not known']);
  });

  it.each([
    ['nik', '0000000000000000'],
    ['dateOfBirth', '1990-02-31'],
    ['dateOfBirth', '2999-01-01'],
  ])('does not take %s %s, which a card was misread for', (field, value) => {
    const misread = { ...KNOWN, [field]: value };
    const refused = refusal(() => approvedIdentity(VERIFIED, misread, approving()));
    expect(refused).toEqual([422, 'incomplete_data', `${field} is not known`]);
  });
});

describe('the partner’s words', () => {
  it('stand where no field of theirs is changed, and where there is no partner', () => {
    expect(overriddenWords(VERIFIED, [])).toBeUndefined();
    expect(overriddenWords(VERIFIED, ['email'])).toBeUndefined();
    expect(overriddenWords(ATTESTED, ['nik'])).toBeUndefined();
  });

  it('are overridden field by field', () => {
    expect(overriddenWords(VERIFIED, ['fullName', 'email'])).toEqual({ ...PASSED, name: 'overridden' });
    expect(overriddenWords(VERIFIED, ['nik'])).toEqual({ ...PASSED, nik: 'overridden' });
    const unverified = { ...VERIFIED, verification: null };
    const unknown = { nik: 'unknown', name: 'unknown', dateOfBirth: 'unknown', selfie: 'unknown' };
    for (const word of ['nik', 'dateOfBirth'] as const)
      expect(overriddenWords(unverified, [word])).toEqual({ ...unknown, [word]: 'overridden' });
  });
});

describe('an approval that is made again', () => {
  const record = (corrected: readonly string[], overridden = false): DecisionRecord =>
    ({ corrected, overridden }) as unknown as DecisionRecord;
  const conflict = [409, 'conflict'];

  it('is the same one only with the same corrections and the same override, whatever they are', () => {
    const some = fc.subarray([...FIELDS]);
    fc.assert(
      fc.property(
        some,
        fc.option(some, { nil: undefined }),
        fc.boolean(),
        fc.boolean(),
        (first, other, was, is) => {
          const pick = (fields: readonly (typeof FIELDS)[number][]): Corrections =>
            Object.fromEntries(fields.map((field) => [field, KNOWN[field] ?? '']));
          const again = approving(pick(other ?? first), { override: is });
          const refused = refusal(() => refuseOther(record(first, was), KNOWN, again));
          // A field that is sent with the value that was approved is no other wish; one that is left out is, if it was corrected.
          const isSame = first.every((field) => (other ?? first).includes(field)) && was === is;
          expect(refused).toEqual(isSame ? undefined : conflict);
        },
      ),
    );
  });

  it('is another one with another value, or where what was approved may not be looked at any more', () => {
    const again = approving({ email: 'b@example.org' });
    expect(refusal(() => refuseOther(record(['email']), KNOWN, again))).toEqual(conflict);
    expect(refusal(() => refuseOther(record([]), null, again))).toEqual(conflict);
    expect(refusal(() => refuseOther(record([]), null, approving()))).toBeUndefined();
  });
});
