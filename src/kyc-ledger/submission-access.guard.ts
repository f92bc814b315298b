import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { contextOf, type Caller } from '../auth';
import { notFound } from '../platform/errors';
import { PersonVault } from './person-vault';
import type { Submission } from './projection';
import { SubmissionRepository } from './submission.repository';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

declare module 'fastify' {
  interface FastifyRequest {
    submission?: Submission;
  }
}

/**
 * Resolves `:id` to a submission the caller may see, before the body is judged. Everything else is 404, never 403:
 * another unit's, another person's, an id that is none.
 */
@Injectable()
export class SubmissionAccessGuard implements CanActivate {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly vault: PersonVault,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id?: string } }>>();
    const { caller } = contextOf(request);
    const id = request.params.id ?? '';
    const submission = UUID.test(id)
      ? await this.submissions.find(caller.businessUnit, id.toLowerCase())
      : undefined;
    if (submission === undefined || !(await this.#maySee(caller, submission)))
      throw notFound('There is no such submission.');
    request.submission = submission;
    return true;
  }

  async #maySee(caller: Caller, submission: Submission): Promise<boolean> {
    switch (caller.kind) {
      case 'back-office':
        return true;
      case 'user': {
        if (submission.openedBy !== 'user') return false;
        const own = await this.vault.idsOf(caller.businessUnit, 'subject', caller.subject);
        return own.includes(submission.personId);
      }
      case 'partner':
        return false;
    }
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
