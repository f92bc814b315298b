import { type FieldError, GatewayError } from '../errors';
import { formOf, type PartnerResponse } from './partner-response';

/**
 * How a call to a partner went wrong (contract §2).
 * `refused` – understood us and said no; `error` – answered something unusable; `unavailable` – unreachable or breaker open;
 * `timeout` – no answer in time; `not_configured` – the unit has no credentials for this partner.
 */
export type PartnerFault = 'refused' | 'error' | 'unavailable' | 'timeout' | 'not_configured';

/** Whether the partner may have executed the request. */
export type Reached = 'no' | 'maybe' | 'yes';

/** Why a call failed or its answer is unclear (Node's word, ours, or the answer's form), and of which host. For logs, never for answers. */
export interface CallCause {
  readonly cause: string;
  readonly host: string;
}

const FAULTS: Readonly<Record<PartnerFault, readonly [status: number, detail: string]>> = {
  refused: [422, 'refused the request'],
  error: [502, 'gave an answer that cannot be used'],
  unavailable: [503, 'cannot be reached right now'],
  timeout: [504, 'did not answer in time'],
  not_configured: [501, 'is not configured for this business unit'],
};

export interface PartnerErrorOptions {
  /** The partner's own public error code; never its body or message text. */
  readonly publicCode?: string | undefined;
  readonly reached?: Reached;
  /** What the partner answered. Its status is kept as `httpStatus`, its form (`HTTP 200, HTML`) as `cause`; never its body. */
  readonly answer?: PartnerResponse | undefined;
  /** The HTTP status of an answer whose body never came whole. */
  readonly brokenStatus?: number | undefined;
  /** Why there was no answer; for operators, never in an answer of ours. */
  readonly why?: CallCause | undefined;
  /** The same where the host is not known, or another error's. */
  readonly cause?: string | undefined;
  /** The pause the partner wants; of a partner that is unavailable. */
  readonly retryAfterSeconds?: number | undefined;
  /** Words of ours that help an operator, e.g. a diagnosis. */
  readonly hint?: string | undefined;
  /** Fields of the caller's that the partner's answer is about. */
  readonly errors?: readonly FieldError[];
}

const DEFAULT_RETRY_AFTER_SECONDS = 5;

/** A call to a partner failed. Carries partner, operation, fault class and public code, never body or headers. */
export class PartnerError extends GatewayError {
  /** Why, in words for the log: Node's, ours, or what the answer was. */
  declare readonly cause?: string;
  readonly reached: Reached;
  readonly publicCode: string | undefined;
  /** The HTTP status the partner answered with. */
  readonly httpStatus: number | undefined;
  readonly brokenStatus: number | undefined;
  readonly why: CallCause | undefined;

  constructor(
    readonly partner: string,
    readonly operation: string,
    readonly fault: PartnerFault,
    options: PartnerErrorOptions = {},
  ) {
    const code = options.publicCode === undefined ? '' : ` (${options.publicCode})`;
    const hint = options.hint === undefined ? '' : `: ${options.hint}`;
    const retryAfterSeconds =
      fault === 'unavailable' ? (options.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS) : undefined;
    const [status, detail] = FAULTS[fault];
    super(status, `partner_${fault}`, `${partner} ${detail}${code}${hint}.`, {
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(options.errors === undefined ? {} : { errors: options.errors }),
      cause: options.why?.cause ?? options.cause ?? (options.answer && formOf(options.answer)),
    });
    this.reached = options.reached ?? (fault === 'not_configured' ? 'no' : 'yes');
    this.publicCode = options.publicCode;
    this.httpStatus = options.answer?.status;
    this.brokenStatus = options.brokenStatus;
    this.why = options.why;
  }
}
