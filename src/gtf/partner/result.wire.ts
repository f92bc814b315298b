import { z } from 'zod';
import type { Check, Verification } from '../../kyc-ledger';
import type { GtfResult, GtfState } from '../results/gtf-result';
import type { KtpData } from '../results/ktp-card';
import { asObject, type JsonObject, wireText } from './envelope.wire';

const check = z
  .looseObject({ result: z.boolean().nullish().catch(null) })
  .nullish()
  .catch(null);
const cardCheck = z
  .looseObject({ verificationResult: z.boolean().nullish().catch(null) })
  .nullish()
  .catch(null);

/** What both families say about a submission (gtf.md §3.5, §4). Unknown fields are ignored, unknown words kept. */
const details = z.looseObject({
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
type Details = z.infer<typeof details>;

/** GTF's result, and whose submission the answer says it is; null where the answer does not say. */
export interface DetailsOnWire {
  readonly result: GtfResult;
  readonly partnerSessionId: string | null;
  readonly userId: string | null;
}

/** Reads a submission's details; undefined when they hold no status at all. */
export function readDetails(data: JsonObject): DetailsOnWire | undefined {
  const read = details.safeParse(data).data;
  if (read === undefined || read.status === null) return undefined;
  const result: GtfResult = {
    state: stateOf(read.status, read.result),
    words: [read.status, ...(read.result === null ? [] : [read.result])].map(shownStatus).join('/'),
    partnerSubmissionId: read.submissionId,
    reasonCode: read.reasonCode === null ? null : shownReason(read.reasonCode),
    verification: verificationOf(read),
    ktp: ktpOf(read.submissionDetails?.ktpData),
  };
  return { result, partnerSessionId: read.partnerSessionId, userId: read.userId };
}

/** Reads a bare status. COMPLETED says that processing is over and not how it ended: until details say so it counts as `processing`. */
export function readProgress(status: string): GtfResult {
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
function stateOf(status: string, outcome: string | null): GtfState {
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

/** REJECTED is listed by one callback specification only. */
function completed(outcome: string | null): GtfState {
  switch (outcome) {
    case 'VALID':
      return 'verified';
    case 'INVALID':
    case 'REJECTED':
      return 'declined';
    default:
      return 'unrecognised';
  }
}

function verificationOf({ submissionDetails }: Details): Verification | null {
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

/** COE answers one or two booleans about the face: the selfie passes when all that are given are true. */
function selfieOf(booleans: NonNullable<Details['submissionDetails']>['verificationResults']): Check {
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

const MAX_WORD = 80;
/** `FACE_MATCH_FAILED`: capitals, joined by at least one underscore; no digits, which could be a person's number. */
const REASON = /^[A-Z]+(?:_[A-Z]+)+$/;
/** `ON_HOLD`, `ARCHIVED`. */
const STATUS = /^[A-Z]+(?:_[A-Z]+)*$/;
const UNDOCUMENTED = 'undocumented';

/** A reason code as it may be shown. GTF's list is open (gtf.md §4): a code is told from a sentence by its form. */
export function shownReason(word: string): string {
  return word.length <= MAX_WORD && REASON.test(word) ? word : UNDOCUMENTED;
}

/** A status or result as it may be shown: operators see which word was not recognised (gtf.md §7.1). */
export function shownStatus(word: string): string {
  return word.length <= MAX_WORD && STATUS.test(word) ? word : UNDOCUMENTED;
}
