import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectEntityManager } from '@nestjs/typeorm';
import { type EntityManager, In, Raw } from 'typeorm';
import { type Person, PersonVault } from '../../kyc-ledger';
import { KeyRing } from '../../platform/crypto';
import { Database, databaseTime, type Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import type { CallbackSubject } from '../callbacks/callback-inbox.service';
import type { UploadedDocumentDto, UploadUrlDto } from '../coe/coe-submission.dto';
import { GtfDocument, GtfSession, type GtfSessionIds, type SessionKey } from '../gtf.entity';
import type { StartedJourneyDto } from '../hosted-flows/hosted-flow.dto';
import type { Contact } from '../results/ktp-card';

/** A session that GTF has agreed to. */
export interface NewSession extends Pick<
  GtfSession,
  'submissionId' | 'family' | 'partnerSessionId' | 'sdkSessionId' | 'partnerSubmissionId'
> {
  /** Where the person goes through GTF's own screens. */
  readonly launch?: Pick<StartedJourneyDto, 'launchUrl' | 'expiresAt'>;
}

/** The person of a session, kept in their vault: who they are to GTF, and how they can be reached. */
export interface PersonAtGtf extends Contact {
  readonly userId: string;
}

export function sessionIdsOf(session: GtfSession, { userId }: PersonAtGtf): GtfSessionIds {
  const { businessUnit, partnerSessionId, sdkSessionId } = session;
  return { businessUnit, userId, partnerSessionId, sdkSessionId };
}

/** The job that forgets a session's addresses when they expire. */
export const DROP_URLS_QUEUE = {
  name: 'gtf-drop-urls',
  concurrency: 1,
  expireInSeconds: 60,
  retryLimit: 20,
  retryDelay: 30,
};

/**
 * Sessions and the documents that GTF wants for them; every query names the business unit. Signed addresses are encrypted at rest:
 * their holder uploads, or goes through GTF's page, as the person.
 */
@Injectable()
export class SessionRepository implements OnModuleInit {
  constructor(
    @InjectEntityManager() private readonly manager: EntityManager,
    private readonly vault: PersonVault,
    private readonly keys: KeyRing,
    private readonly jobs: Jobs,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.jobs.work(DROP_URLS_QUEUE, async ({ businessUnit, submissionId }: SessionKey) => {
      const theirs = { businessUnit, submissionId };
      await this.manager.update(GtfSession, theirs, { launchKeyId: null, launchSealed: null });
      await this.manager.update(GtfDocument, theirs, { urlKeyId: null, urlSealed: null });
    });
  }

  async add(
    tx: Transaction,
    person: Person,
    atGtf: PersonAtGtf,
    { launch, ...ids }: NewSession,
  ): Promise<SessionKey> {
    const key = { businessUnit: person.businessUnit, submissionId: ids.submissionId };
    const { id: personEntry } = await this.vault.put(tx, person, 'gtf.person', JSON.stringify(atGtf));
    const session = { ...key, ...ids, personEntry, createdAt: () => 'now()' };
    if (launch?.launchUrl === undefined) await tx.manager.insert(GtfSession, session);
    else {
      const { keyId, sealed } = this.keys.seal(launch.launchUrl, launchAad(key));
      const sealedLaunch = { launchKeyId: keyId, launchSealed: sealed, launchExpiresAt: launch.expiresAt };
      await tx.manager.insert(GtfSession, { ...session, ...sealedLaunch });
      await this.jobs.send(tx, DROP_URLS_QUEUE.name, key, { startAfter: launch.expiresAt });
    }
    return key;
  }

  /** Keeps the documents that GTF wants. */
  async addDocuments(tx: Transaction, key: SessionKey, urls: readonly UploadUrlDto[]): Promise<void> {
    const documents = urls.map(({ type, uploadUrl, expiresAt }) => {
      const { keyId: urlKeyId, sealed: urlSealed } = this.keys.seal(uploadUrl, uploadAad(key, type));
      return { ...key, type, urlKeyId, urlSealed, expiresAt };
    });
    await tx.manager.insert(GtfDocument, documents);
    const startAfter = new Date(Math.max(...urls.map(({ expiresAt }) => expiresAt.getTime())));
    await this.jobs.send(tx, DROP_URLS_QUEUE.name, key, { startAfter });
  }

  async find(businessUnit: string, submissionId: string): Promise<GtfSession | undefined> {
    return (await this.manager.findOneBy(GtfSession, { businessUnit, submissionId })) ?? undefined;
  }

  /** The session a callback is about; GTF names its submission, our session, or both. */
  async findAtPartner(
    businessUnit: string,
    { partnerSubmissionId, partnerSessionId }: CallbackSubject,
  ): Promise<GtfSession | undefined> {
    const found =
      (partnerSubmissionId &&
        (await this.manager.findOneBy(GtfSession, { businessUnit, partnerSubmissionId }))) ||
      (partnerSessionId && (await this.manager.findOneBy(GtfSession, { businessUnit, partnerSessionId })));
    return found || undefined;
  }

  /** Who the session is about; undefined once they are erased or restricted: GTF may not be asked about them any more. */
  async person({ businessUnit, personEntry }: GtfSession): Promise<PersonAtGtf | undefined> {
    const entries = await this.vault.read(businessUnit, [personEntry], undefined, 'hidden');
    const kept = entries.get(personEntry);
    return kept === undefined ? undefined : (JSON.parse(kept) as PersonAtGtf);
  }

  /** The way to GTF's page; null where there is none, or not any more. */
  async launchUrl(key: SessionKey): Promise<string | null> {
    const launchExpiresAt = Raw((column) => `${column} > now()`);
    const session = await this.manager.findOneBy(GtfSession, { ...key, launchExpiresAt });
    if (session === null || session.launchKeyId === null || session.launchSealed === null) return null;
    return this.keys.unseal(session.launchKeyId, session.launchSealed, launchAad(key)).toString();
  }

  /** Where a document goes; null once that has expired, undefined for a document that GTF does not want. */
  async uploadUrl(key: SessionKey, type: string): Promise<string | null | undefined> {
    const document = await this.manager.findOneBy(GtfDocument, { ...key, type });
    if (document === null) return undefined;
    const { urlKeyId, urlSealed, expiresAt } = document;
    const isOver = expiresAt <= (await databaseTime(this.database));
    if (isOver || urlKeyId === null || urlSealed === null) return null;
    return this.keys.unseal(urlKeyId, urlSealed, uploadAad(key, type)).toString();
  }

  async uploaded(key: SessionKey, { type, sha256, bytes }: UploadedDocumentDto): Promise<void> {
    await this.manager.update(GtfDocument, { ...key, type }, { sha256, bytes, uploadedAt: () => 'now()' });
  }

  /** The documents that GTF wants for submissions, by type; those that did not come through the gateway have no digest. */
  documents(
    businessUnit: string,
    submissionIds: readonly string[],
    within?: Transaction,
  ): Promise<readonly Pick<GtfDocument, 'submissionId' | 'type' | 'sha256' | 'bytes'>[]> {
    return (within?.manager ?? this.manager).find(GtfDocument, {
      select: { submissionId: true, type: true, sha256: true, bytes: true },
      where: { businessUnit, submissionId: In(submissionIds) },
      order: { type: 'ASC' },
    });
  }
}

function launchAad({ businessUnit, submissionId }: SessionKey): string {
  return `gtf_session.launch_sealed|v1|${businessUnit}|${submissionId}`;
}

function uploadAad({ businessUnit, submissionId }: SessionKey, type: string): string {
  return `gtf_document.url_sealed|v1|${businessUnit}|${submissionId}|${type}`;
}
