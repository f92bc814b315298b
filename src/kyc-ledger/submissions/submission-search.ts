import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller, UserCaller } from '../../auth';
import { parsePosition, positionCursor } from '../../platform/paging';
import { People } from '../people/people';
import type { SubmissionSearchDto } from './dto/submission-query.dto';
import type { Submission } from './submission.entity';
import { SubmissionRepository } from './submission.repository';

/** One page of a list, newest first; `nextCursor` is null on the last one. */
export interface SubmissionPage {
  readonly submissions: readonly Submission[];
  readonly nextCursor: string | null;
}

/** Lists the submissions a caller may see: a person their own, the back office its unit's. */
@Injectable()
export class SubmissionSearch {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly people: People,
  ) {}

  async page(caller: UserCaller | BackOfficeCaller, query: SubmissionSearchDto): Promise<SubmissionPage> {
    const { phoneNumber, nik, limit, cursor, ...filter } = query;
    const after = parsePosition(cursor);
    const personIds = await this.#people(caller, phoneNumber, nik);
    if (personIds?.length === 0) return { submissions: [], nextCursor: null };
    const { businessUnit, kind } = caller;
    const found = await this.submissions.list(
      { ...filter, businessUnit, personIds, openedByUserOnly: kind === 'user' },
      limit + 1,
      after,
    );
    const submissions = found.slice(0, limit);
    const last = submissions.at(-1);
    return {
      submissions,
      nextCursor: found.length > limit && last !== undefined ? positionCursor(last) : null,
    };
  }

  /** Whose submissions are meant; null means everybody's. */
  async #people(
    caller: UserCaller | BackOfficeCaller,
    phoneNumber: string | undefined,
    nik: string | undefined,
  ): Promise<readonly string[] | null> {
    const { businessUnit } = caller;
    const all = [
      phoneNumber === undefined ? null : await this.people.idsOf(businessUnit, 'phone', phoneNumber),
      nik === undefined ? null : await this.people.idsOf(businessUnit, 'nik', nik),
      caller.kind === 'user' ? await this.people.idsOfToken(businessUnit, caller.subject) : null,
    ].filter((ids) => ids !== null);
    const [first = null, ...others] = all;
    return first && first.filter((id) => others.every((ids) => ids.includes(id)));
  }
}
