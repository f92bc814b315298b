import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EventBody, VaultReference } from './event';
import type { Appended, NewEvent, Opening, PersonalData, NewPersonEvent } from './new-event';
import { readIdentity } from '../people/identity';
import { type Lead, People } from '../people/people';
import type { Person, PersonRow } from '../people/person-key';
import { PersonVault, type SealedEntry } from '../people/person-vault';
import { folded, IDENTITY, opened, PHONE } from './projection';
import type { Submission } from '../submissions/submission.entity';
import type { SignedEnd } from '../chain/checkpoint';
import {
  CHECKPOINT_EVENT,
  NOTE_EVENTS,
  type NoteEvent,
  type Transition,
  verdict,
} from '../submissions/submission-state';

/** An event that has everything but its place in the chain. */
export interface Draft {
  readonly event: EventBody;
  /** The submission's `lastSeq` that it was prepared on; null where it leaves the submission as it is, or opens it. */
  readonly readSeq: number | null;
  /** It does not happen to an owner who asked to be forgotten. */
  readonly unwithdrawn: boolean;
  /** Id of the person whose the entries and leads are; null where there can be none. */
  readonly owner: string | null;
  readonly entries: readonly SealedEntry[];
  /** By what the data it brings lets its person be found. */
  readonly leads: readonly Lead[];
  /** What becomes of the submission; null leaves it as it is. */
  readonly after: Submission | null;
}

/** An event that depends on nothing and brings nothing along. */
const PLAIN = {
  readSeq: null,
  unwithdrawn: false,
  owner: null,
  entries: [],
  leads: [],
  after: null,
} as const;

/** Makes events of what happens: data sealed, and the submission's next state worked out. */
@Injectable()
export class EventFactory {
  constructor(
    private readonly vault: PersonVault,
    private readonly people: People,
  ) {}

  /** @param at the database's time, here and below */
  opening(opening: Opening, at: Date): Draft & { readonly after: Submission } {
    const { person, phoneNumber } = opening;
    const entries = this.#seal(person, {
      ...opening.personal,
      ...(phoneNumber === null ? {} : { [PHONE]: phoneNumber }),
    });
    const event: EventBody = {
      businessUnit: person.businessUnit,
      submissionId: opening.submissionId ?? randomUUID(),
      personId: person.id,
      type: 'kyc.opened',
      at,
      sourceKey: opening.sourceKey,
      data: { ...opening.data, kind: opening.kind, openedBy: opening.openedBy },
      vault: references(entries),
    };
    const leads = this.#leads(person, opening.personal);
    return { ...PLAIN, event, owner: person.id, entries, leads, after: opened(event) };
  }

  /**
   * The next event of a submission.
   * @param person the submission's, where the event brings personal data
   */
  next(before: Submission, person: PersonRow | undefined, newEvent: NewEvent, at: Date): Draft {
    const { type, sourceKey, personal } = newEvent;
    const owner = newEvent.owner ?? (personal && this.#owner(before, person));
    const entries = owner && personal ? this.#seal(owner, personal) : [];
    const event: EventBody = {
      businessUnit: before.businessUnit,
      submissionId: before.id,
      personId: before.personId,
      type,
      at,
      sourceKey: typeof sourceKey === 'string' ? sourceKey : sourceKey(before),
      // Whose data it is about, where that is somebody else: provable also when their key is gone.
      data: { ...newEvent.data, ...(owner && owner.id !== before.personId ? { owner: owner.id } : {}) },
      vault: references(entries),
    };
    const after = folded(before, event);
    const leads = owner ? this.#leads(owner, personal) : [];
    const moves = after !== before;
    return {
      event,
      readSeq: moves ? before.lastSeq : null,
      unwithdrawn: newEvent.unwithdrawn ?? false,
      owner: owner?.id ?? before.personId,
      entries,
      leads,
      after: moves ? after : null,
    };
  }

  about({ personal, ...newEvent }: NewPersonEvent, at: Date): Draft {
    const entries = personal ? this.#seal(personal.person, personal.data) : [];
    const event = { ...newEvent, submissionId: null, at, vault: references(entries) };
    return { ...PLAIN, event, owner: newEvent.personId, entries };
  }

  /** The chain was signed where it ended. */
  checkpoint({ businessUnit, reason: _, ...checkpoint }: SignedEnd, at: Date): Draft {
    const event: EventBody = {
      businessUnit,
      submissionId: null,
      personId: null,
      type: CHECKPOINT_EVENT,
      at,
      sourceKey: `checkpoint:${checkpoint.seq}:${checkpoint.hash}`,
      data: { checkpoint },
      vault: [],
    };
    return { ...PLAIN, event };
  }

  #leads(person: Person, personal: PersonalData | undefined): Lead[] {
    const identity = personal?.[IDENTITY];
    return identity === undefined ? [] : this.people.leadsOf(person, readIdentity(identity));
  }

  #owner({ businessUnit }: Submission, person: PersonRow | undefined): Person | undefined {
    if (person === undefined) throw new Error('personal data without its person');
    return this.vault.writable(businessUnit, person);
  }

  #seal(person: Person, personal: PersonalData): SealedEntry[] {
    return Object.entries(personal).map(([name, value]) => this.vault.seal(person, name, value));
  }
}

type Outcome = Exclude<Appended['outcome'], 'withdrawn'>;

const OUTCOMES: Readonly<Partial<Record<Transition, Outcome>>> = {
  same: 'unchanged',
  contradiction: 'contradicted',
  refused: 'refused',
};

/** What the table of transitions makes of an event. */
export function judge({ kind, status, decision }: Submission, type: NewEvent['type']): Outcome {
  const result = isNote(type) ? status : verdict(kind, status, type, decision?.decidedOn);
  return OUTCOMES[result] ?? 'appended';
}

function references(entries: readonly SealedEntry[]): VaultReference[] {
  return entries.map(({ reference }) => reference);
}

function isNote(type: NewEvent['type']): type is NoteEvent {
  return NOTE_EVENTS.some((note) => note === type);
}
