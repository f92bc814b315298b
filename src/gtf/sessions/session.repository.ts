import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { type Person, PersonVault } from '../../kyc-ledger';
import { Database, type Transaction } from '../../platform/database';
import { GtfSession } from '../gtf.entity';
import type { PersonAtGtf } from './gtf-session';

/** Name of the vault entry. */
const PERSON_ENTRY = 'gtf.person';

/** Rows of `gtf_session`; every query names the business unit. */
@Injectable()
export class SessionRepository {
  constructor(
    @InjectRepository(GtfSession) private readonly sessions: Repository<GtfSession>,
    private readonly database: Database,
    private readonly vault: PersonVault,
  ) {}

  /** Keeps who the person is to GTF in their vault: erased with them. */
  async keepPerson(tx: Transaction, person: Person, atGtf: PersonAtGtf): Promise<string> {
    const { id } = await this.vault.put(tx, person, PERSON_ENTRY, JSON.stringify(atGtf));
    return id;
  }

  async add(tx: Transaction, session: Omit<GtfSession, 'createdAt'>): Promise<void> {
    await tx.manager.insert(GtfSession, { ...session, createdAt: () => 'now()' });
  }

  async find(businessUnit: string, submissionId: string): Promise<GtfSession | undefined> {
    return (await this.sessions.findOneBy({ businessUnit, submissionId })) ?? undefined;
  }

  /** The session a callback is about; GTF names its submission, our session, or both. */
  async findAtPartner(
    businessUnit: string,
    partnerSubmissionId: string | null,
    partnerSessionId: string | null,
  ): Promise<GtfSession | undefined> {
    const submission =
      partnerSubmissionId !== null && (await this.sessions.findOneBy({ businessUnit, partnerSubmissionId }));
    if (submission) return submission;
    if (partnerSessionId === null) return undefined;
    return (await this.sessions.findOneBy({ businessUnit, partnerSessionId })) ?? undefined;
  }

  /** Who the session is about; undefined once they are erased or restricted: GTF may not be asked about them any more. */
  async person({ businessUnit, personEntry }: GtfSession): Promise<PersonAtGtf | undefined> {
    const entries = await this.vault.read(businessUnit, [personEntry], this.database, 'hidden');
    const kept = entries.get(personEntry);
    return kept === undefined ? undefined : (JSON.parse(kept) as PersonAtGtf);
  }

  async rememberPartnerId(
    tx: Transaction,
    { businessUnit, submissionId }: GtfSession,
    partnerSubmissionId: string,
  ): Promise<void> {
    await tx.manager.update(GtfSession, { businessUnit, submissionId }, { partnerSubmissionId });
  }

  /** Begins a round of polls, counted from `from`. */
  async startPolls(tx: Transaction, businessUnit: string, submissionId: string, from: Date): Promise<void> {
    await tx.manager.update(GtfSession, { businessUnit, submissionId }, { pollsFrom: from, polls: 0 });
  }

  /** Counts one poll; false when this poll was counted already, or belongs to an earlier round. */
  async countPoll(tx: Transaction, session: GtfSession): Promise<boolean> {
    const { businessUnit, submissionId, pollsFrom, polls } = session;
    if (pollsFrom === null) return false;
    const asRead = { businessUnit, submissionId, pollsFrom, polls };
    const { affected } = await tx.manager.update(GtfSession, asRead, { polls: polls + 1 });
    return affected === 1;
  }

  /** Ends the round of polls that was counted from `from`. */
  async endPolls(tx: Transaction, { businessUnit, submissionId }: GtfSession, from: Date): Promise<void> {
    const round = { businessUnit, submissionId, pollsFrom: from };
    await tx.manager.update(GtfSession, round, { pollsFrom: null });
  }
}
