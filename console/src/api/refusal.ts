import type { components } from '@kyc-gateway/client';

type Problem = components['schemas']['Problem'];

/** The gateway's, and of what never came from it: nothing came, or nothing that can be read, or this page is at fault. */
export type RefusalCode = Problem['code'] | 'unreachable' | 'unreadable' | 'unexpected';

/** What came instead of what was asked for. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;
  readonly requestId: string | undefined;
  readonly fields: readonly { readonly field: string; readonly message: string }[];
  readonly personIds: readonly string[];

  constructor(status: number, problem: Partial<Omit<Problem, 'code'>> & { readonly code?: RefusalCode }) {
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
