import { STATUS_CODES } from 'node:http';
import { GatewayError } from './gateway-error';

/** What a caller reads when something went wrong. */
export interface ErrorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** `problem`: RFC 9457. `oauth`: `{ error, error_description }`, which SIMAS-ID prescribes for the OTP webhook alone. */
export type ErrorShape = 'problem' | 'oauth';

/** RFC 9110 renamed them; Node has the old names. */
const RENAMED: Readonly<Record<number, string>> = { 413: 'Content Too Large', 422: 'Unprocessable Content' };

/** The reason phrase of a status (RFC 9110 §15). */
export function titleOf(status: number): string {
  return RENAMED[status] ?? STATUS_CODES[status] ?? 'Error';
}

/** Codes that the OTP webhook's sender knows by another name (contract §4.1). */
const OAUTH_CODES: Readonly<Record<string, string>> = {
  internal_error: 'unexpected_error',
  payload_too_large: 'invalid_request',
  unsupported_media_type: 'invalid_request',
  method_not_allowed: 'invalid_request',
};

/** Renders an error in the shape its route promises. */
export function renderError(error: GatewayError, shape: ErrorShape, requestId: string): ErrorAnswer {
  const headers: Record<string, string> = { ...error.headers };
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(error.retryAfterSeconds);
  if (shape === 'oauth') {
    const description = error.errors?.[0];
    return {
      status: error.status,
      contentType: 'application/json; charset=utf-8',
      headers,
      body: {
        error: OAUTH_CODES[error.code] ?? error.code,
        error_description:
          description === undefined ? error.detail : `${description.field}: ${description.message}`,
      },
    };
  }
  return {
    status: error.status,
    contentType: 'application/problem+json; charset=utf-8',
    headers,
    body: {
      type: `urn:kyc-gateway:error:${error.code}`,
      title: titleOf(error.status),
      status: error.status,
      detail: error.detail,
      code: error.code,
      requestId,
      ...(error.errors === undefined ? {} : { errors: error.errors }),
      ...error.members,
    },
  };
}
