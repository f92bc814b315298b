import type { components } from '../generated/api.ts';

/** What the gateway answers when it refuses (RFC 9457). */
export type Problem = components['schemas']['Problem'];
/** Stable, and what a program switches on. */
export type ErrorCode = Problem['code'];

/** A refusal of the gateway, or an answer that is none of it: then `code` is `unexpected_answer`. */
export class KycError extends Error {
  override readonly name = 'KycError';
  readonly code: ErrorCode | 'unexpected_answer';
  readonly problem: Problem | undefined;
  /** When it makes sense to try again; undefined where the gateway does not say. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly status: number,
    body: unknown,
    retryAfter: string | null,
  ) {
    const problem = isProblem(body) ? body : undefined;
    super(problem?.detail ?? `The answer was ${status}, and none of the gateway.`);
    this.problem = problem;
    this.code = problem?.code ?? 'unexpected_answer';
    this.retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
  }
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * The data of an answer: `const me = await orThrow(client.GET('/v1/me'))`.
 * @throws KycError when the gateway refused
 */
export async function orThrow<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new KycError(response.status, error, response.headers.get('retry-after'));
  return data as T;
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
