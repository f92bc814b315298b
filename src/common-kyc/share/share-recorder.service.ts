import { Injectable } from '@nestjs/common';
import { Ledger, type NewEvent } from '../../kyc-ledger';
import { databaseTime, type Transaction } from '../../platform/database';
import { Jobs, type SendOptions } from '../../platform/jobs';
import { Log } from '../../platform/logging';
import type { PartnerError } from '../../platform/outbound';
import { CommonKycShare, type ShareKey } from './common-kyc-share.entity';
import { GIVE_UP_AFTER_MS, type GroupedShare } from './share-group.service';
import { retryDelaySeconds } from './share-policy';

/** The job that shares a submission; its key is the phone number's, of which one is worked on at a time. */
export const SHARE_JOB = 'common-kyc-share';

/** Why a share ended without the data at the partner: `reasonCode` of `common_kyc.share_failed`. */
type ShareFailure = 'superseded' | 'partner_refused' | 'retries_exhausted';

/** Records what became of a share: its row, the job that follows, and last the event. */
@Injectable()
export class ShareRecorder {
  constructor(
    private readonly ledger: Ledger,
    private readonly jobs: Jobs,
    private readonly log: Log,
  ) {}

  /** Counts a try before it is made. */
  async trying(tx: Transaction, { own }: GroupedShare): Promise<void> {
    await change(tx, own, { tries: own.tries + 1 });
  }

  /** The partner has the data. Other shares of the number that still wait may be over now. */
  async accepted(
    tx: Transaction,
    { own, shares }: GroupedShare,
    partnerRequestId: string | null,
  ): Promise<void> {
    await change(tx, own, { state: 'accepted', acceptedAt: await databaseTime(tx) });
    for (const other of shares)
      if (other.submissionId !== own.submissionId && other.state === 'waiting') await this.send(tx, other);
    await this.shared(tx, own, { partnerRequestId });
  }

  /** The partner took the very same data from another submission of the number. */
  async same(tx: Transaction, { own, shares }: GroupedShare): Promise<void> {
    const twin = shares.find(({ state, content }) => state === 'accepted' && content === own.content);
    await change(tx, own, { state: 'accepted', acceptedAt: twin?.acceptedAt ?? (await databaseTime(tx)) });
    await this.shared(tx, own, { sentWith: twin?.submissionId ?? null });
  }

  async failed(
    tx: Transaction,
    { own }: GroupedShare,
    reason: ShareFailure,
    why?: PartnerError,
  ): Promise<void> {
    await change(tx, own, { state: 'failed' });
    // Each restart has a time of its own to give up at: its failure is an event of its own.
    await this.#ended(tx, own, reason, own.giveUpAt.getTime());
    if (why === undefined) return;
    const { businessUnit, submissionId } = own;
    const message = 'approved data did not reach common-kyc';
    const fields = { businessUnit, submissionId, reason, cause: why.cause };
    this.log.alarm('common_kyc_share_failed', message, fields);
  }

  /** The person asked to be forgotten before the partner had the data. */
  async withdrawn(tx: Transaction, key: ShareKey): Promise<void> {
    await this.#ended(tx, key, 'person_withdrew', 0);
  }

  /** Not now: tries again until the time to give up has come. */
  async later(tx: Transaction, grouped: GroupedShare, why: PartnerError): Promise<void> {
    const { own } = grouped;
    const { code, cause, httpStatus } = why;
    // Only the partner's own wish counts; an open breaker suggests a time as well.
    const wanted = httpStatus === undefined ? undefined : why.retryAfterSeconds;
    const seconds = retryDelaySeconds(own.tries, wanted, Math.random());
    const dueAt = new Date((await databaseTime(tx)).getTime() + seconds * 1_000);
    if (dueAt > own.giveUpAt) return this.failed(tx, grouped, 'retries_exhausted', why);
    await change(tx, own, { dueAt });
    await this.send(tx, own, { startAfter: dueAt });
    const { businessUnit, submissionId } = own;
    const failure = { code, httpStatus, cause, againInSeconds: Math.round(seconds) };
    this.log.warn('common-kyc has not taken approved data', { businessUnit, submissionId, ...failure });
  }

  /** Starts anew, with a full time to succeed in. A try that is under way ends first: it has the same key. */
  async restart(tx: Transaction, { own }: GroupedShare): Promise<void> {
    const now = await databaseTime(tx);
    const giveUpAt = new Date(now.getTime() + GIVE_UP_AFTER_MS);
    await change(tx, own, { state: 'waiting', tries: 0, dueAt: now, giveUpAt });
    await this.send(tx, own);
  }

  async send(
    tx: Transaction,
    { businessUnit, submissionId, numberDigest }: CommonKycShare,
    when: Pick<SendOptions, 'startAfter'> = {},
  ): Promise<void> {
    const singletonKey = numberDigest.toString('hex');
    await this.jobs.send(tx, SHARE_JOB, { businessUnit, submissionId }, { singletonKey, ...when });
  }

  /** Records that the partner has the data: a person who is erased here has to be erased there as well. */
  async shared(
    tx: Transaction,
    { businessUnit, submissionId }: ShareKey,
    data: NonNullable<NewEvent['data']>,
  ): Promise<void> {
    const event = { type: 'common_kyc.shared', sourceKey: `common_kyc.shared:${submissionId}` } as const;
    await this.ledger.append(tx, {
      businessUnit,
      submissionId,
      ...event,
      data: { ...data, reasonCode: null },
    });
  }

  async #ended(
    tx: Transaction,
    { businessUnit, submissionId }: ShareKey,
    reasonCode: ShareFailure | 'person_withdrew',
    round: number,
  ): Promise<void> {
    const sourceKey = `common_kyc.share_failed:${submissionId}:${round}`;
    const event = { type: 'common_kyc.share_failed', sourceKey } as const;
    await this.ledger.append(tx, { businessUnit, submissionId, ...event, data: { reasonCode } });
  }
}

async function change(
  tx: Transaction,
  { businessUnit, submissionId }: CommonKycShare,
  columns: Partial<CommonKycShare>,
): Promise<void> {
  await tx.manager.update(CommonKycShare, { businessUnit, submissionId }, columns);
}
