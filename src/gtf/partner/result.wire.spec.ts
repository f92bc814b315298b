import fc from 'fast-check';
import { parseWire } from './envelope.wire';
import { readProgress, readDetails } from './result.wire';

/** The callback sample of GTF's integration guide, which details repeat. */
const SIV = {
  submissionId: 'c64b4c8c-9a8f-4e9c-b86a-0908291c855e',
  userId: '421453511adsasdl',
  userIdType: 'MY_USER_ID',
  partnerSessionId: 'b719f79b-ae7a-440a-8f9c-5f661ca34e7',
  status: 'COMPLETED',
  result: 'VALID',
  submissionDetails: {
    verificationResult: { nik: 'PASS', name: 'PASS', dateOfBirth: 'FAIL', selfie: 'MAYBE' },
    ktpData: { nik: '3208201808850001', name: 'JOHN DOE', bloodType: '-', validUntil: '' },
    imageUrls: { KTP: 'https://sample-image.com/ktp.jpg' },
  },
};

describe('what GTF says about a submission', () => {
  it('is read from the guide’s own sample; words we do not know never pass', () => {
    expect(readDetails(SIV)).toEqual({
      partnerSessionId: SIV.partnerSessionId,
      userId: SIV.userId,
      result: {
        state: 'verified',
        words: 'COMPLETED/VALID',
        partnerSubmissionId: SIV.submissionId,
        reasonCode: null,
        verification: { nik: 'pass', name: 'pass', dateOfBirth: 'fail', selfie: 'unknown' },
        ktp: { nik: '3208201808850001', name: 'JOHN DOE', bloodType: '-' },
      },
    });
  });

  it('never keeps an image’s address', () => {
    expect(JSON.stringify(readDetails(SIV))).not.toContain('sample-image');
  });

  it('reads COE’s booleans, scores and empty reason', () => {
    const read = readDetails({
      status: 'COMPLETED',
      submissionId: 'x',
      result: 'INVALID',
      reasonCode: 'FACE_MATCH_FAILED',
      submissionDetails: {
        verificationResults: {
          faceMatch: { score: 0.2, result: false, version: '2.3.0' },
          liveness: { result: true },
        },
      },
    });
    expect(read?.result).toMatchObject({
      state: 'declined',
      reasonCode: 'FACE_MATCH_FAILED',
      verification: { nik: 'unknown', selfie: 'fail' },
    });
    expect(
      readDetails({ status: 'COMPLETED', result: 'VALID', reasonCode: '' })?.result.reasonCode,
    ).toBeNull();
  });

  it('keeps the digits of a NIK sent as a number', () => {
    const data = parseWire(
      Buffer.from(
        '{"status":"COMPLETED","result":"VALID","submissionDetails":{"ktpData":{"nik":9171010101900001}}}',
      ),
    );
    expect(readDetails(data as Record<string, unknown>)?.result.ktp).toEqual({ nik: '9171010101900001' });
  });

  it.each([
    [{ status: 'INITIATED' }, 'initiated'],
    [{ status: 'IN_PROGRESS' }, 'processing'],
    [{ status: 'PARTIALLY_COMPLETED', result: 'VALID' }, 'processing'],
    [{ status: 'COMPLETED', result: 'VALID' }, 'verified'],
    [{ status: 'COMPLETED', result: 'INVALID' }, 'declined'],
    [{ status: 'COMPLETED', result: 'REJECTED' }, 'declined'],
    [{ status: 'COMPLETED' }, 'unrecognised'],
    [{ status: 'COMPLETED', result: null }, 'unrecognised'],
    [{ status: 'COMPLETED', result: 'APPROVED' }, 'unrecognised'],
    [{ status: 'COMPLETED', result: 'valid' }, 'unrecognised'],
    [{ status: 'ERROR' }, 'error'],
    [{ status: 'ERROR', result: 'VALID' }, 'error'],
    [{ status: 'SUCCESS', result: 'VALID' }, 'unrecognised'],
    [{ status: 'completed', result: 'VALID' }, 'unrecognised'],
    [{ status: 'VALID', result: 'COMPLETED' }, 'unrecognised'],
    [{ status: 'constructor', result: 'VALID' }, 'unrecognised'],
  ])('%j is %s', (data, state) => {
    expect(readDetails(data)?.result.state).toBe(state);
  });

  it('verifies nobody but by COMPLETED and VALID, whatever else stands in it', () => {
    const words = fc.oneof(fc.constantFrom('COMPLETED', 'VALID', 'PASS', true, 1, null), fc.anything());
    const anything = fc.dictionary(
      fc.constantFrom('status', 'result', 'reasonCode', 'submissionDetails', 'x'),
      words,
    );
    fc.assert(
      fc.property(anything, (data) => {
        const verified = readDetails(data)?.result.state === 'verified';
        expect(verified).toBe(data['status'] === 'COMPLETED' && data['result'] === 'VALID');
      }),
    );
  });

  it('without a status is nothing', () => {
    expect(readDetails({})).toBeUndefined();
    expect(readDetails({ status: '' })).toBeUndefined();
  });
});

describe('a bare status', () => {
  it.each([
    ['COMPLETED', 'processing'],
    ['ERROR', 'error'],
    ['INITIATED', 'initiated'],
    ['SOMETHING', 'unrecognised'],
  ])('%s is %s: it never settles in the person’s favour', (status, state) => {
    expect(readProgress(status).state).toBe(state);
  });
});
