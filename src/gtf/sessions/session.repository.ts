import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { PersonVault } from '../../kyc-ledger';
import { Database } from '../../platform/database';
import { GtfSession } from '../gtf.entity';
import type { GtfSessionIds } from '../gtf.entity';
import type { CallbackSubject } from '../callbacks/callback-inbox.service';

/** The person of a session, kept in their vault: who they are to GTF, and how they can be reached. */
export interface PersonAtGtf {
  readonly userId: string;
  readonly phoneNumber: string | null;
  readonly email: string | null;
}

export function sessionIdsOf(session: GtfSession, { userId }: PersonAtGtf): GtfSessionIds {
  const { businessUnit, partnerSessionId, sdkSessionId } = session;
  return { businessUnit, userId, partnerSessionId, sdkSessionId };
}

/** Finds sessions; every query names the business unit. */
@Injectable()
export class SessionRepository {
  constructor(
    @InjectRepository(GtfSession) private readonly sessions: Repository<GtfSession>,
    private readonly database: Database,
    private readonly vault: PersonVault,
  ) {}

  async find(businessUnit: string, submissionId: string): Promise<GtfSession | undefined> {
    return (await this.sessions.findOneBy({ businessUnit, submissionId })) ?? undefined;
  }

  /** The session a callback is about; GTF names its submission, our session, or both. */
  async findAtPartner(
    businessUnit: string,
    { partnerSubmissionId, partnerSessionId }: CallbackSubject,
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
}
