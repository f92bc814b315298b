import { BoundedMap } from '../platform/memory';
import type { PersonRow } from './person-key';
import type { Submission } from './projection';

/** A submission with what it takes to seal something for its person. */
export interface SubmissionWithPerson {
  readonly submission: Submission;
  readonly person: PersonRow;
}

const REMEMBERED = 5_000;
const REMEMBERED_FOR_MS = 5 * 60_000;

/**
 * What this process saw last of submissions, so that their next event need not read them first. Another process may have moved them
 * on, and people may have been forgotten: what is prepared on this is written only if the database finds it as it is here.
 */
export class RecentSubmissions {
  readonly #seen = new BoundedMap<{ readonly what: SubmissionWithPerson; readonly at: number }>(REMEMBERED);

  constructor(private readonly now: () => number = () => performance.now()) {}

  get(unit: string, id: string): SubmissionWithPerson | undefined {
    const seen = this.#seen.get(key(unit, id));
    return seen === undefined || this.now() - seen.at > REMEMBERED_FOR_MS ? undefined : seen.what;
  }

  remember(what: SubmissionWithPerson): void {
    const { businessUnit, id } = what.submission;
    this.#seen.set(key(businessUnit, id), { what, at: this.now() });
  }

  forget(unit: string, id: string): void {
    this.#seen.delete(key(unit, id));
  }
}

function key(unit: string, id: string): string {
  return `${unit}/${id}`;
}
