import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Header,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { isUUID } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { type Caller, contextOf } from '../../auth';
import { notFound } from '../../platform/errors';
import { noteForLog, Refuses } from '../../platform/http';
import { People } from '../people/people';
import type { Submission } from './submission.entity';
import { SubmissionRepository } from './submission.repository';

declare module 'fastify' {
  interface FastifyRequest {
    submission?: Submission;
  }
}

/** Which submissions a caller may see: a back office its unit's, a person those made with their own token. */
@Injectable()
export class SubmissionAccess {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly people: People,
  ) {}

  /**
   * The submission, if the caller may see it.
   * @throws GatewayError 404, never 403: for another unit's, another person's, an id that is none
   */
  async resolve(caller: Caller, id: string): Promise<Submission> {
    const submission = isUUID(id)
      ? await this.submissions.find(caller.businessUnit, id.toLowerCase())
      : undefined;
    if (submission === undefined || !(await this.#maySee(caller, submission)))
      throw notFound('There is no such submission.');
    return submission;
  }

  async #maySee(caller: Caller, submission: Submission): Promise<boolean> {
    switch (caller.kind) {
      case 'back-office':
        return true;
      case 'user': {
        if (submission.openedBy !== 'user') return false;
        const own = await this.people.idsOfToken(caller.businessUnit, caller.subject);
        return own.includes(submission.personId);
      }
      case 'partner':
        return false;
    }
  }
}

/** Resolves `:id` to a submission the caller may see, before the body is judged. */
@Injectable()
export class SubmissionAccessGuard implements CanActivate {
  constructor(private readonly access: SubmissionAccess) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id?: string } }>>();
    request.submission = await this.access.resolve(contextOf(request).caller, request.params.id ?? '');
    noteForLog(request, { submissionId: request.submission.id });
    return true;
  }
}

/** The submission {@link SubmissionAccessGuard} resolved. */
export const CurrentSubmission = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Submission => {
    const { submission } = context.switchToHttp().getRequest<FastifyRequest>();
    if (submission === undefined) throw new Error('the route lacks SubmissionAccessGuard');
    return submission;
  },
);

/** For a route about the submission `:id`, below `@Access(...)`: only those who may see it get there. */
export const OnSubmission = (): MethodDecorator =>
  applyDecorators(
    UseGuards(SubmissionAccessGuard),
    Header('cache-control', 'no-store'),
    ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } }),
    Refuses([404, 'not_found', 'there is no such submission that you may see']),
  );
