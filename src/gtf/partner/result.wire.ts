import { z } from 'zod';
import type { Check, Verification } from '../../kyc-ledger';
import { type GtfResult, type GtfState, bareResult } from '../results/gtf-result';
import { type JsonObject, requiredText, wireText } from './envelope.wire';

const lenient = <S extends z.ZodType>(schema: S) => schema.nullable().catch(null);
const check = z
  .enum(['PASS', 'FAIL'])
  .transform((word): Check => (word === 'PASS' ? 'pass' : 'fail'))
  .catch('unknown');
const face = lenient(z.object({ result: lenient(z.boolean()) }));

/** What both families say about a submission (gtf.md §3.5, §4). Unknown fields are ignored, unknown words kept. */
const details = z.object({
  submissionId: wireText,
  partnerSessionId: wireText,
  userId: wireText,
  status: requiredText,
  result: wireText,
  reasonCode: wireText,
  submissionDetails: lenient(
    z.object({
      verificationResult: lenient(
        z.object({ nik: check, name: check, dateOfBirth: check, selfie: check.optional() }),
      ),
      verificationResults: lenient(z.object({ faceMatch: face, liveness: face })),
      ktpData: lenient(z.record(z.string(), wireText)),
    }),
  ),
});
type SubmissionDetails = z.infer<typeof details>['submissionDetails'];

/** GTF's result, and whose submission the answer says it is; null where the answer does not say. */
export interface DetailsOnWire {
  readonly result: GtfResult;
  readonly partnerSessionId: string | null;
  readonly userId: string | null;
}

/** Reads a submission's details; undefined when they hold no status at all. */
export function readDetails(data: JsonObject): DetailsOnWire | undefined {
  const read = details.safeParse(data).data;
  if (read === undefined) return undefined;
  const { status, result: outcome, submissionDetails, reasonCode } = read;
  const result: GtfResult = {
    state: stateOf(status, outcome),
    words: (outcome === null ? [status] : [status, outcome]).map(shownStatus).join('/'),
    partnerSubmissionId: read.submissionId,
    reasonCode: reasonCode === null ? null : shownReason(reasonCode),
    verification: verificationOf(submissionDetails),
    ktp: ktpOf(submissionDetails),
  };
  return { result, partnerSessionId: read.partnerSessionId, userId: read.userId };
}

/** Reads a bare status. COMPLETED says that processing is over and not how it ended: until details say so it counts as `processing`. */
export function readProgress(status: string): GtfResult {
  const state = status === 'COMPLETED' ? 'processing' : stateOf(status, null);
  return bareResult(state, shownStatus(status));
}

/** The table of gtf.md §4. PARTIALLY_COMPLETED means passed with the certificate pending: a COMPLETED follows. */
const STATES: ReadonlyMap<string, GtfState> = new Map([
  ['INITIATED', 'initiated'],
  ['IN_PROGRESS', 'processing'],
  ['PARTIALLY_COMPLETED', 'processing'],
  ['ERROR', 'error'],
]);
/** What COMPLETED means by its result. REJECTED is listed by one callback specification only. */
const OUTCOMES: ReadonlyMap<string | null, GtfState> = new Map([
  ['VALID', 'verified'],
  ['INVALID', 'declined'],
  ['REJECTED', 'declined'],
]);

function stateOf(status: string, outcome: string | null): GtfState {
  return (status === 'COMPLETED' ? OUTCOMES.get(outcome) : STATES.get(status)) ?? 'unrecognised';
}

function verificationOf(said: SubmissionDetails): Verification | null {
  const words = said?.verificationResult ?? null;
  const booleans = said?.verificationResults ?? null;
  if (words === null && booleans === null) return null;
  return {
    nik: words?.nik ?? 'unknown',
    name: words?.name ?? 'unknown',
    dateOfBirth: words?.dateOfBirth ?? 'unknown',
    selfie: words?.selfie ?? selfieOf([booleans?.faceMatch?.result, booleans?.liveness?.result]),
  };
}

/** COE answers one or two booleans about the face: the selfie passes when all that are given are true. */
function selfieOf(answers: readonly (boolean | null | undefined)[]): Check {
  if (answers.includes(false)) return 'fail';
  return answers.includes(true) ? 'pass' : 'unknown';
}

/** The card's fields as text; blank ones are left out. Image URLs are never part of it (gtf.md §11.7). */
function ktpOf(said: SubmissionDetails): GtfResult['ktp'] {
  const fields = Object.entries(said?.ktpData ?? {}).flatMap(([name, text]) =>
    text === null || text.trim() === '' ? [] : [[name, text.trim()] as const],
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
