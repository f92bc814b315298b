import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { catchError, type Observable } from 'rxjs';
import { contextOf, type UserCaller } from '../../auth';
import { Refuses } from '../../platform/http';
import { Idempotent } from '../../platform/idempotency';
import { type Limit, Limits } from '../../platform/limits';
import { PartnerError } from '../../platform/outbound';
import { type GtfSettings, gtfSettings } from '../gtf.settings';

const DAY_SECONDS = 86_400;

/**
 * How many sessions a person may open at GTF within 24 hours (contract §7.2): each one costs. A session that was not opened is not
 * counted, unless GTF refused it.
 */
@Injectable()
export class SessionLimit implements NestInterceptor {
  readonly #limit: Limit;

  constructor(limits: Limits, @Inject(gtfSettings.token) { values }: GtfSettings) {
    this.#limit = limits.forCallers({
      name: 'gtf-person',
      times: values.GTF_LIMIT_PER_PERSON_PER_DAY,
      seconds: DAY_SECONDS,
      refusal: 'This person opened too many journeys within a day.',
    });
  }

  async intercept(execution: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const caller = contextOf(execution.switchToHttp().getRequest<FastifyRequest>()).caller as UserCaller;
    const of = [caller.businessUnit, caller.subject];
    await this.#limit.take(...of);
    return next.handle().pipe(
      catchError(async (error: unknown) => {
        if (!(error instanceof PartnerError && error.fault === 'refused')) await this.#limit.giveBack(...of);
        throw error;
      }),
    );
  }
}

/** For each route that opens a session. A repeat that gets the saved response opens nothing. */
export const OpensSession = (): MethodDecorator =>
  applyDecorators(
    Idempotent(),
    UseInterceptors(SessionLimit),
    Refuses([
      429,
      'rate_limited',
      'the person opened too many journeys within a day; retry after `Retry-After` seconds',
    ]),
  );
