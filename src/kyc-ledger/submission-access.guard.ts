import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { contextOf } from '../auth';
import type { Submission } from './submission.entity';
import { SubmissionAccess } from './submission-access';

declare module 'fastify' {
  interface FastifyRequest {
    submission?: Submission;
  }
}

/** Resolves `:id` to a submission the caller may see, before the body is judged. */
@Injectable()
export class SubmissionAccessGuard implements CanActivate {
  constructor(private readonly access: SubmissionAccess) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id?: string } }>>();
    request.submission = await this.access.resolve(contextOf(request).caller, request.params.id ?? '');
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
