import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth';
import { notFound } from '../platform/errors';
import { People } from './people';
import type { Submission } from './submission.entity';
import { SubmissionRepository } from './submission.repository';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

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
    const submission = UUID.test(id)
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
