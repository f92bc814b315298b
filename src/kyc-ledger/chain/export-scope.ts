import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { normalisePhoneNumber } from '../../platform/indonesia';
import { People } from '../people/people';
import { SubmissionRepository } from '../submissions/submission.repository';

/** What an export holds in full; of all other events of the unit only their digests. */
export type ExportScope =
  | { readonly kind: 'unit' }
  | { readonly kind: 'person'; readonly personId: string }
  | { readonly kind: 'submission'; readonly submissionId: string; readonly personId: string };

/** Nothing of the kind is in the chain, or the chain does not hold and so cannot be signed. */
export class NothingToExport extends Error {}

/** Finds what an operator wants exported. */
@Injectable()
export class ExportScopes {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly people: People,
  ) {}

  /** @throws NothingToExport */
  async ofSubmission(unit: string, id: string): Promise<ExportScope> {
    const found = await this.submissions.find(unit, id.toLowerCase());
    if (found === undefined) throw new NothingToExport('there is no such submission');
    return { kind: 'submission', submissionId: found.id, personId: found.personId };
  }

  /** @param whom their id, or a phone number that leads to nobody else @throws NothingToExport */
  async ofPerson(unit: string, whom: string): Promise<ExportScope> {
    if (isUUID(whom)) return { kind: 'person', personId: whom.toLowerCase() };
    const number = normalisePhoneNumber(whom);
    const people = number === undefined ? [] : await this.people.idsOf(unit, 'phone', number);
    const [personId, ...others] = people;
    if (personId === undefined) throw new NothingToExport('nobody is known by this phone number');
    // Numbers change hands: one person's proof must not be taken for another's.
    if (others.length > 0)
      throw new NothingToExport(
        `several people are known by this phone number: name one of them, --person ${people.sort().join(', ')}`,
      );
    return { kind: 'person', personId };
  }
}
