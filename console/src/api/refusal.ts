import type { components } from '@kyc-gateway/client';

type Problem = components['schemas']['Problem'];

/** What the gateway answered instead of what was asked for; `code` is `unreachable` when nothing came. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly fields: readonly { readonly field: string; readonly message: string }[];
  readonly personIds: readonly string[];

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? '');
    this.status = status;
    this.code = problem.code ?? 'unreachable';
    this.requestId = problem.requestId;
    this.fields = problem.errors ?? [];
    this.personIds = problem.personIds ?? [];
  }
}

interface Answer<T> {
  readonly data?: T | undefined;
  readonly error?: unknown;
  readonly response: Response;
}

/** What was asked for and the answer it came in. @throws Refusal */
export async function answered<T>(asked: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  const { data, error, response } = await asked.catch(() => {
    throw new Refusal(0, {});
  });
  if (!response.ok) throw new Refusal(response.status, isProblem(error) ? error : { code: 'unreadable' });
  return { data: data as T, response };
}

/** As {@link answered}, the body alone. */
export async function body<T>(asked: Promise<Answer<T>>): Promise<T> {
  return (await answered(asked)).data;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value;
}
