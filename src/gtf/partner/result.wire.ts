import { z } from 'zod';
import type { Check, Verification } from '../../kyc-ledger';
import type { Finding, FoundState, KtpData } from '../results/gtf-result';
import { asObject, type JsonObject, wireText } from './envelope.wire';
import { shownReason, shownStatus } from './known-words';

const check = z
  .looseObject({ result: z.boolean().nullish().catch(null) })
  .nullish()
  .catch(null);
const cardCheck = z
  .looseObject({ verificationResult: z.boolean().nullish().catch(null) })
  .nullish()
  .catch(null);

/** What both families say about a submission (gtf.md §3.5, §4). Unknown fields are ignored, unknown words kept. */
const result = z.looseObject({
  submissionId: wireText,
  partnerSessionId: wireText,
  userId: wireText,
  status: wireText,
  result: wireText,
  reasonCode: wireText,
  submissionDetails: z
    .looseObject({
      verificationResult: z.record(z.string(), z.unknown()).nullish().catch(null),
      verificationResults: z
        .looseObject({
          faceMatch: check,
          liveness: check,
          referenceImageValidation: z.looseObject({ ktp: cardCheck }).nullish().catch(null),
        })
        .nullish()
        .catch(null),
      ktpData: z.record(z.string(), wireText).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});
type Result = z.infer<typeof result>;

/** What was found, and whose submission the answer says it is; null where the answer does not say. */
export interface ReadResult {
  readonly finding: Finding;
  readonly partnerSessionId: string | null;
  readonly userId: string | null;
}

/** Reads a submission's details; undefined when they hold no status at all. */
export function readResult(data: JsonObject): ReadResult | undefined {
  const read = result.safeParse(data).data;
  if (read === undefined || read.status === null) return undefined;
  const finding: Finding = {
    state: stateOf(read.status, read.result),
    words: [read.status, ...(read.result === null ? [] : [read.result])].map(shownStatus).join('/'),
    partnerSubmissionId: read.submissionId,
    reasonCode: read.reasonCode === null ? null : shownReason(read.reasonCode),
    verification: verificationOf(read),
    ktp: ktpOf(read.submissionDetails?.ktpData),
  };
  return { finding, partnerSessionId: read.partnerSessionId, userId: read.userId };
}

/** Reads a bare status. COMPLETED says that it is over, not how: as long as only that is known it is being processed. */
export function readProgress(status: string): Finding {
  const state = status === 'COMPLETED' ? 'processing' : stateOf(status, null);
  return {
    state,
    words: shownStatus(status),
    partnerSubmissionId: null,
    reasonCode: null,
    verification: null,
    ktp: null,
  };
}

/** The table of gtf.md §4. PARTIALLY_COMPLETED means passed with the certificate pending: a COMPLETED follows. */
function stateOf(status: string, outcome: string | null): FoundState {
  switch (status) {
    case 'INITIATED':
      return 'initiated';
    case 'IN_PROGRESS':
    case 'PARTIALLY_COMPLETED':
      return 'processing';
    case 'ERROR':
      return 'error';
    case 'COMPLETED':
      return completed(outcome);
    default:
      return 'unrecognised';
  }
}

function completed(outcome: string | null): FoundState {
  switch (outcome) {
    case 'VALID':
      return 'verified';
    case 'INVALID':
    case 'REJECTED': // listed by one callback specification only
      return 'declined';
    default:
      return 'unrecognised';
  }
}

function verificationOf({ submissionDetails }: Result): Verification | null {
  const words = submissionDetails?.verificationResult ?? null;
  const booleans = submissionDetails?.verificationResults ?? null;
  if (words === null && booleans === null) return null;
  return {
    nik: checkOf(words?.['nik']),
    name: checkOf(words?.['name']),
    dateOfBirth: checkOf(words?.['dateOfBirth']),
    selfie: words?.['selfie'] === undefined ? selfieOf(booleans) : checkOf(words['selfie']),
  };
}

function checkOf(word: unknown): Check {
  if (word === 'PASS') return 'pass';
  return word === 'FAIL' ? 'fail' : 'unknown';
}

/** COE judges the face by one or two booleans: it passes when all that were given did. */
function selfieOf(booleans: NonNullable<Result['submissionDetails']>['verificationResults']): Check {
  const given = [booleans?.faceMatch?.result, booleans?.liveness?.result].filter(
    (one) => typeof one === 'boolean',
  );
  if (given.length === 0) return 'unknown';
  return given.every(Boolean) ? 'pass' : 'fail';
}

/** The card's fields as text; blank ones are left out. Image URLs are never part of it (gtf.md §11.7). */
function ktpOf(data: unknown): KtpData | null {
  const fields = Object.entries(asObject(data) ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()] as const] : [],
  );
  return fields.length === 0 ? null : Object.fromEntries(fields);
}
