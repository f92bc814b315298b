import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller, UserCaller } from '../../auth';
import type { Transaction } from '../../platform/database';
import type { DecisionDto, DocumentDto, SubmissionDto } from './dto/submission.dto';
import { readIdentity } from '../people/identity';
import { People } from '../people/people';
import { PersonVault } from '../people/person-vault';
import type { DecisionNote } from '../events/projection';
import type { Submission } from './submission.entity';

/** What a feature knows of how a person goes on with its submissions. */
export interface Resumable {
  /** By submission; those of other features may be left out. */
  documentsOf(
    unit: string,
    submissions: readonly Submission[],
    within?: Transaction,
  ): Promise<ReadonlyMap<string, readonly DocumentDto[]>>;
  /** The way back to the partner's page while it can be used: its holder acts as the person. */
  launchUrlOf(submission: Submission): Promise<string | null>;
}

/** Who looks: a person is told what was decided, the back office also by whom and why. */
type Viewer = (UserCaller | BackOfficeCaller)['kind'];

/** Clear texts by vault entry. */
type Clear = ReadonlyMap<string, string>;

/** Submissions as the API shows them; personal data comes from the vault, `null` once the person is restricted or erased. */
@Injectable()
export class SubmissionViews {
  #resumable: Resumable | undefined;

  constructor(
    private readonly vault: PersonVault,
    private readonly people: People,
  ) {}

  /** Call in `onModuleInit`. */
  resumeBy(resumable: Resumable): void {
    this.#resumable = resumable;
  }

  /** As {@link one}, with what is shown to the person alone, and here alone. */
  async whole(submission: Submission, viewer: Viewer): Promise<SubmissionDto> {
    const view = await this.one(submission, viewer);
    if (viewer === 'back-office') return view;
    return { ...view, launchUrl: (await this.#resumable?.launchUrlOf(submission)) ?? null };
  }

  async one(submission: Submission, viewer: Viewer, within?: Transaction): Promise<SubmissionDto> {
    const [view] = await this.many(submission.businessUnit, [submission], viewer, within);
    if (view === undefined) throw new Error('one submission has one view');
    return view;
  }

  async many(
    unit: string,
    submissions: readonly Submission[],
    viewer: Viewer,
    within?: Transaction,
  ): Promise<SubmissionDto[]> {
    const isOffice = viewer === 'back-office';
    const entries = submissions.flatMap(({ phoneEntry, partnerEntry, decision, identityEntry }) => [
      ...[phoneEntry, partnerEntry],
      ...(isOffice ? [decision?.entry ?? null, identityEntry] : []),
    ]);
    const wanted = entries.filter((id) => id !== null);
    const clear = await this.vault.read(unit, wanted, within, 'hidden');
    const niks = submissions.flatMap((submission) => nikOf(submission, clear) ?? []);
    const people = await this.people.countByNik(unit, niks, within);
    // The person of an identity is found by its NIK as well.
    const othersOf = (submission: Submission): number =>
      Math.max(0, (people.get(nikOf(submission, clear) ?? '') ?? 0) - 1);
    const documents = await this.#resumable?.documentsOf(unit, submissions, within);
    return submissions.map((submission) => ({
      id: submission.id,
      kind: submission.kind,
      submissionType: submission.submissionType,
      status: submission.status,
      phoneNumber: textOf(clear, submission.phoneEntry),
      partnerSubmissionId: textOf(clear, submission.partnerEntry),
      reasonCode: submission.reasonCode,
      verification: submission.verification,
      decision: decisionOf(submission, viewer, clear),
      documents: documents?.get(submission.id) ?? [],
      ...(isOffice ? { otherPeopleWithSameNik: othersOf(submission) } : {}),
      createdAt: submission.createdAt,
      updatedAt: submission.updatedAt,
    }));
  }
}

/** Only compared with others' by digest: nobody is shown it. */
function nikOf({ identityEntry }: Submission, clear: Clear): string | null {
  const text = textOf(clear, identityEntry);
  return text === null ? null : readIdentity(text).nik;
}

function decisionOf({ decision }: Submission, viewer: Viewer, clear: Clear): DecisionDto | null {
  if (decision === null) return null;
  const { outcome, at, by, overridden, corrected, entry } = decision;
  if (viewer === 'user') return { outcome, at };
  const text = textOf(clear, entry);
  const { officer, reason } = text === null ? NOTHING_NOTED : (JSON.parse(text) as DecisionNote);
  return { outcome, by, officer, at, reason, overridden, corrected };
}

const NOTHING_NOTED: DecisionNote = { officer: null, reason: null };

function textOf(clear: Clear, entry: string | null): string | null {
  return entry === null ? null : (clear.get(entry) ?? null);
}
