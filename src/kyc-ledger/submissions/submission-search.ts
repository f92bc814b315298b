import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller, UserCaller } from '../../auth';
import { parsePosition, positionCursor } from '../../platform/paging';
import { People } from '../people/people';
import type { Submission } from './submission.entity';
import { SubmissionRepository } from './submission.repository';
import type { SubmissionKind, SubmissionStatus } from './submission-state';

/** What a caller asks for. Phone numbers are `628…`. */
export interface SubmissionQuery {
  readonly kind?: SubmissionKind | undefined;
  readonly status?: SubmissionStatus | undefined;
  readonly phoneNumber?: string | undefined;
  readonly createdFrom?: Date | undefined;
  readonly createdTo?: Date | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

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

  async page(caller: UserCaller | BackOfficeCaller, query: SubmissionQuery): Promise<SubmissionPage> {
    const after = parsePosition(query.cursor);
    const personIds = await this.#people(caller, query.phoneNumber);
    if (personIds?.length === 0) return { submissions: [], nextCursor: null };
    const filter = {
      businessUnit: caller.businessUnit,
      personIds,
      openedByUserOnly: caller.kind === 'user',
      kind: query.kind,
      status: query.status,
      createdFrom: query.createdFrom,
      createdTo: query.createdTo,
    };
    const found = await this.submissions.list(filter, query.limit + 1, after);
    const submissions = found.slice(0, query.limit);
    const last = submissions.at(-1);
    return {
      submissions,
      nextCursor: found.length > query.limit && last !== undefined ? positionCursor(last) : null,
    };
  }

  /** Whose submissions are meant; null means everybody's. */
  async #people(caller: UserCaller | BackOfficeCaller, phone: string | undefined): Promise<string[] | null> {
    const byPhone = phone === undefined ? null : await this.people.idsOf(caller.businessUnit, 'phone', phone);
    if (caller.kind === 'back-office') return byPhone;
    const own = await this.people.idsOfToken(caller.businessUnit, caller.subject);
    return byPhone === null ? own : own.filter((id) => byPhone.includes(id));
  }
}
