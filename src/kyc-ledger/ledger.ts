import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Notifications, type Transaction } from '../platform/database';
import { type EnqueueOptions, type JobData, JobQueue } from '../platform/jobs';
import { Clock } from '../platform/time';
import { bodyDigest, type EventBody, type EventData, type VaultReference } from './event';
import { type Person, PersonVault } from './person-vault';
import { folded, opened, PHONE, type Submission } from './projection';
import { SubmissionRepository } from './submission.repository';
import { type NoteEvent, type StatusEvent, type SubmissionKind, verdict } from './submission-state';

/** A job written in the same transaction as the event. */
export interface FollowUp {
  readonly job: string;
  readonly data: JobData;
  readonly options?: EnqueueOptions;
}

/** Personal data an event brings, by vault name. */
type PersonalData = Readonly<Record<string, string>>;

export interface Opening {
  readonly person: Person;
  readonly kind: SubmissionKind;
  readonly openedBy: 'user' | 'back-office';
  /** Makes the event happen once, however often it is asked for. */
  readonly sourceKey: string;
  readonly data?: EventData;
  readonly personal?: PersonalData;
  readonly phoneNumber: string | null;
  /** Needs the new submission's id. */
  readonly followUps?: (submissionId: string) => readonly FollowUp[];
  /** Ours when the caller already told a partner about it. */
  readonly submissionId?: string;
}

export interface Happening {
  readonly businessUnit: string;
  readonly submissionId: string;
  readonly type: Exclude<StatusEvent, 'kyc.opened'> | NoteEvent;
  readonly sourceKey: string;
  readonly data?: EventData;
  readonly personal?: PersonalData;
  readonly followUps?: readonly FollowUp[];
}

/** What became of an append. `unchanged`: nothing new was said, or the event is not allowed in this status. */
export interface Appended {
  readonly outcome: 'appended' | 'unchanged' | 'contradicted' | 'refused';
  readonly submission: Submission;
}

/** NOTIFY channel that tells stream listeners which submission has news: `unit/submission`. */
export const LEDGER_CHANNEL = 'kyc_ledger';

/** The only way KYC state changes: event, projection and follow-up jobs in one transaction (house.md §5). */
@Injectable()
export class Ledger {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly vault: PersonVault,
    private readonly jobs: JobQueue,
    private readonly notifications: Notifications,
    private readonly clock: Clock,
  ) {}

  /** Starts a submission. Call it once per `sourceKey`: a second call is an error, not a second submission. */
  async open(tx: Transaction, opening: Opening): Promise<Submission> {
    const { person } = opening;
    const submissionId = opening.submissionId ?? randomUUID();
    const personal = opening.phoneNumber === null ? {} : { [PHONE]: opening.phoneNumber };
    const vault = await this.#seal(tx, person, { ...opening.personal, ...personal });
    await this.#enqueue(tx, opening.followUps?.(submissionId) ?? []);
    const event: EventBody = {
      businessUnit: person.businessUnit,
      submissionId,
      personId: person.id,
      type: 'kyc.opened',
      at: this.clock.date(),
      sourceKey: opening.sourceKey,
      data: { ...opening.data, kind: opening.kind, openedBy: opening.openedBy },
      vault,
    };
    const { seq, appended } = await this.#chain(tx, event);
    if (!appended) throw new Error('a submission was opened twice from one source');
    const submission = opened(event, seq);
    await this.submissions.save(tx, submission);
    return submission;
  }

  /**
   * Records what happened to a submission, if the table of transitions allows it.
   * A different final word of the partner becomes `partner.contradicted` and changes nothing.
   */
  async append(tx: Transaction, happening: Happening): Promise<Appended> {
    const before = await this.submissions.lock(tx, happening.businessUnit, happening.submissionId);
    if (before === undefined) throw new Error('an event for a submission that does not exist');
    const result = isNote(happening.type)
      ? before.status
      : verdict(before.kind, before.status, happening.type);
    if (result === 'same') return { outcome: 'unchanged', submission: before };
    if (result === 'refused') return { outcome: 'refused', submission: before };
    return result === 'contradiction'
      ? this.#record(tx, before, contradiction(happening), 'contradicted')
      : this.#record(tx, before, happening, 'appended');
  }

  async #record(
    tx: Transaction,
    before: Submission,
    happening: Happening,
    outcome: 'appended' | 'contradicted',
  ): Promise<Appended> {
    const person = await this.vault.person(tx, before.businessUnit, before.personId);
    const vault = person === undefined ? [] : await this.#seal(tx, person, happening.personal ?? {});
    await this.#enqueue(tx, happening.followUps ?? []);
    const event: EventBody = {
      businessUnit: before.businessUnit,
      submissionId: before.id,
      personId: before.personId,
      type: happening.type,
      at: this.clock.date(),
      sourceKey: happening.sourceKey,
      data: happening.data ?? {},
      vault,
    };
    const { seq, appended } = await this.#chain(tx, event);
    if (!appended) return { outcome: 'unchanged', submission: before };
    const submission = folded(before, event, seq);
    await this.submissions.save(tx, submission);
    return { outcome, submission };
  }

  async #chain(tx: Transaction, event: EventBody): Promise<{ seq: number; appended: boolean }> {
    const [row] = await tx.query<{ seq: string; appended: boolean }>(
      'SELECT seq, appended FROM ledger_append($1, $2, $3, $4, $5, $6, $7, $8, $9)',
      [
        event.businessUnit,
        event.submissionId,
        event.personId,
        event.type,
        event.at,
        event.sourceKey,
        JSON.stringify(event.data),
        JSON.stringify(event.vault),
        bodyDigest(event),
      ],
    );
    if (row === undefined) throw new Error('ledger_append returns a row');
    tx.afterCommit(() =>
      this.notifications.notify(LEDGER_CHANNEL, `${event.businessUnit}/${event.submissionId}`),
    );
    return { seq: Number(row.seq), appended: row.appended };
  }

  async #seal(tx: Transaction, person: Person, personal: PersonalData): Promise<VaultReference[]> {
    const references: VaultReference[] = [];
    for (const [name, value] of Object.entries(personal))
      references.push(await this.vault.put(tx, person, name, value));
    return references;
  }

  async #enqueue(tx: Transaction, followUps: readonly FollowUp[]): Promise<void> {
    for (const { job, data, options } of followUps) await this.jobs.enqueue(tx, job, data, options);
  }
}

/** Recorded once per different word, never applied. */
function contradiction({ businessUnit, submissionId, type, data }: Happening): Happening {
  const reasonCode = data?.reasonCode ?? null;
  return {
    businessUnit,
    submissionId,
    type: 'partner.contradicted',
    sourceKey: `contradicted:${submissionId}:${type}:${reasonCode ?? ''}`,
    data: { said: type, reasonCode },
  };
}

function isNote(type: Happening['type']): type is NoteEvent {
  return (
    type === 'challenge_code.issued' ||
    type === 'identity.read' ||
    type === 'partner.contradicted' ||
    type === 'person.erased' ||
    type === 'person.restricted'
  );
}
