/** One field of the input that cannot be accepted, and why. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

interface Extra {
  readonly errors?: readonly FieldError[];
  /** Whole seconds, at least 1. */
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem (RFC 9457 §3.2), documented with the code. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * A refusal or failure a caller is told about, as RFC 9457 problem details.
 * `code` is stable and snake_case; `detail` never holds a secret, personal data or a partner's body.
 */
export class GatewayError extends Error {
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    extra: Extra = {},
  ) {
    super(`${code}: ${detail}`, extra.cause === undefined ? {} : { cause: extra.cause });
    this.errors = extra.errors;
    this.retryAfterSeconds =
      extra.retryAfterSeconds === undefined ? undefined : Math.max(1, Math.ceil(extra.retryAfterSeconds));
    this.headers = extra.headers ?? {};
    this.members = extra.members ?? {};
  }
}

export function invalidRequest(detail: string, errors: readonly FieldError[] = []): GatewayError {
  return new GatewayError(400, 'invalid_request', detail, errors.length > 0 ? { errors } : {});
}

/** A single field that cannot be accepted. */
export function invalidField(field: string, message: string): GatewayError {
  return invalidRequest('The request is not valid.', [{ field, message }]);
}

export function notFound(detail = 'There is nothing at this address for you.'): GatewayError {
  return new GatewayError(404, 'not_found', detail);
}

export function invalidState(detail: string): GatewayError {
  return new GatewayError(409, 'invalid_state', detail);
}

export function unprocessable(code: string, detail: string, errors?: readonly FieldError[]): GatewayError {
  return new GatewayError(422, code, detail, errors === undefined ? {} : { errors });
}

export function temporarilyUnavailable(detail: string, retryAfterSeconds = 1, cause?: unknown): GatewayError {
  return new GatewayError(503, 'temporarily_unavailable', detail, { retryAfterSeconds, cause });
}
