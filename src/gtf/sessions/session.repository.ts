import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Raw, type Repository } from 'typeorm';
import { type Person, PersonVault } from '../../kyc-ledger';
import { KeyRing } from '../../platform/crypto';
import { Database, type Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import type { CallbackSubject } from '../callbacks/callback-inbox.service';
import { GtfSession, type GtfSessionIds, type SessionKey } from '../gtf.entity';
import type { StartedJourneyDto } from '../hosted-flows/hosted-flow.dto';

/** A session that GTF has agreed to. */
export interface NewSession extends Pick<
  GtfSession,
  'submissionId' | 'family' | 'partnerSessionId' | 'sdkSessionId' | 'partnerSubmissionId'
> {
  /** Where the person goes through GTF's own screens. */
  readonly launch?: Pick<StartedJourneyDto, 'launchUrl' | 'expiresAt'>;
}

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

const DROP_URL_JOB = 'gtf-drop-launch-url';
export const DROP_LAUNCH_URL_QUEUE = {
  name: DROP_URL_JOB,
  concurrency: 1,
  expireInSeconds: 60,
  retryLimit: 20,
  retryDelay: 30,
};

/** Sessions and what is kept of them; every query names the business unit. */
@Injectable()
export class SessionRepository implements OnModuleInit {
  constructor(
    @InjectRepository(GtfSession) private readonly sessions: Repository<GtfSession>,
    private readonly database: Database,
    private readonly vault: PersonVault,
    private readonly keys: KeyRing,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    const gone = { launchKeyId: null, launchSealed: null };
    this.jobs.work(DROP_LAUNCH_URL_QUEUE, async ({ businessUnit, submissionId }: SessionKey) => {
      await this.sessions.update({ businessUnit, submissionId }, gone);
    });
  }

  /** The way to GTF's page is kept until it expires: its holder goes through the page as this person. */
  async add(
    tx: Transaction,
    person: Person,
    atGtf: PersonAtGtf,
    { launch, ...ids }: NewSession,
  ): Promise<SessionKey> {
    const { businessUnit } = person;
    const { submissionId } = ids;
    const key = { businessUnit, submissionId };
    const { id: personEntry } = await this.vault.put(tx, person, 'gtf.person', JSON.stringify(atGtf));
    const session = { businessUnit, ...ids, personEntry, createdAt: () => 'now()' };
    if (launch?.launchUrl === undefined) {
      await tx.manager.insert(GtfSession, session);
      return key;
    }
    const { launchUrl, expiresAt: launchExpiresAt } = launch;
    const { keyId: launchKeyId, sealed: launchSealed } = this.keys.seal(launchUrl, aad(key));
    await tx.manager.insert(GtfSession, { ...session, launchKeyId, launchSealed, launchExpiresAt });
    await this.jobs.send(tx, DROP_URL_JOB, key, { startAfter: launchExpiresAt });
    return key;
  }

  /** The way to GTF's page; null where there is none, or not any more. */
  async launchUrl(key: SessionKey): Promise<string | null> {
    const launchExpiresAt = Raw((column) => `${column} > now()`);
    const session = await this.sessions.findOneBy({ ...key, launchExpiresAt });
    if (session === null || session.launchKeyId === null || session.launchSealed === null) return null;
    return this.keys.unseal(session.launchKeyId, session.launchSealed, aad(key)).toString();
  }

  /** The documents that GTF wants, by type, and which of them came through the gateway. */
  documents(
    businessUnit: string,
    submissionIds: readonly string[],
    within: Database | Transaction = this.database,
  ): Promise<readonly { submissionId: string; type: string; arrived: boolean }[]> {
    return within.query(
      `SELECT submission_id AS "submissionId", type, sha256 IS NOT NULL AS arrived FROM gtf_document
        WHERE business_unit = $1 AND submission_id = ANY ($2) ORDER BY type`,
      [businessUnit, submissionIds],
    );
  }

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

function aad({ businessUnit, submissionId }: SessionKey): string {
  return `gtf_session.launch_sealed|v1|${businessUnit}|${submissionId}`;
}
