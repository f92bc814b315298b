import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { GtfBehaviour } from './state';

export interface RefusalError {
  /** A string on some endpoints, an integer on others (gtf.md §6). */
  readonly code: string | number;
  readonly cause: string;
  readonly entity?: string;
}

/** An answer in GTF's error envelope (§6); thrown by the routes. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly errors: readonly RefusalError[],
    /** Some errors carry `data: {}` or `data: null`; absent otherwise. */
    readonly data?: null | Record<string, never>,
  ) {
    super(errors.map(({ cause }) => cause).join(', '));
  }
}

export function refusal(status: number, code: string | number, cause: string, entity?: string): Refusal {
  return new Refusal(status, [{ code, cause, ...(entity === undefined ? {} : { entity }) }]);
}

export function answerRefusals(app: FastifyInstance, behaviour: GtfBehaviour): void {
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof Refusal)) {
      const status = (error as { statusCode?: number }).statusCode ?? 500;
      return reply
        .code(status)
        .send({ success: false, errors: [{ code: '900', cause: 'SOMETHING_WENT_WRONG' }] });
    }
    const errors = error.errors.map((one) => ({
      ...one,
      code: behaviour.quirks ? one.code : String(one.code),
    }));
    const data = error.data === undefined ? {} : { data: error.data };
    return reply.code(error.status).send({ success: false, ...data, errors });
  });
}

/** A header's text, empty when it is absent. */
export function headerOf(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value.trim() : '';
}
