import { Injectable } from '@nestjs/common';
import type { Submission } from '../../kyc-ledger';
import { Database, databaseTime, type Transaction } from '../../platform/database';
import { invalidState } from '../../platform/errors';
import { PartnerError } from '../../platform/outbound';
import type { ApprovedKyc } from '../common-kyc.dto';
import { CommonKycClient } from '../partner/common-kyc.client';
import type { ShareKey } from './common-kyc-share.entity';
import { type GroupedShare, ShareGroups } from './share-group.service';
import { newestOf, nextStep } from './share-policy';
import { ShareRecorder } from './share-recorder.service';

/** Shares approved data with Common KYC. The call stands between two transactions. */
@Injectable()
export class ShareService {
  constructor(
    private readonly database: Database,
    private readonly groups: ShareGroups,
    private readonly recorder: ShareRecorder,
    private readonly client: CommonKycClient,
  ) {}

  /** Without credentials the submission stays `approved`; the back office shares it once the unit has some. */
  async begin(key: ShareKey): Promise<void> {
    if (!this.client.serves(key.businessUnit)) return;
    await this.database.transaction(async (tx) => {
      const grouped = await this.#lock(tx, key);
      if (grouped !== null) await this.recorder.send(tx, grouped.own);
    });
  }

  /**
   * Shares anew, with the full time to succeed in.
   * @throws GatewayError 409 `invalid_state` when there is nothing to send, or newer data of the number stands above it;
   *   PartnerError `not_configured`
   */
  async restart(submission: Submission): Promise<void> {
    const { businessUnit, id: submissionId } = submission;
    this.client.demandAccess(businessUnit, 'store');
    if (!isSharable(submission))
      throw invalidState(`A submission that is ${submission.status} has nothing to share.`);
    await this.database.transaction(async (tx) => {
      const grouped = await this.groups.lock(tx, { businessUnit, submissionId });
      if (grouped === null) throw invalidState('The person asked to be forgotten.');
      if (newestOf(grouped.shares, grouped.own).content !== grouped.own.content)
        throw invalidState('Newer approved data of this phone number stands above it.');
      await this.recorder.restart(tx, grouped);
    });
  }

  /** Claims, sends, records. A worker that dies in between leaves the share as it is: the next one tries again. */
  async share(key: ShareKey): Promise<void> {
    if (!this.client.serves(key.businessUnit)) return;
    const kyc = await this.database.transaction((tx) => this.#claim(tx, key));
    if (kyc === null) return;
    const answer = await this.client.store(key.businessUnit, kyc).catch((error: unknown) => {
      if (error instanceof PartnerError) return error;
      throw error;
    });
    await this.database.transaction((tx) => this.#record(tx, key, answer));
  }

  /** The data to send now; null when there is none. */
  async #claim(tx: Transaction, key: ShareKey): Promise<ApprovedKyc | null> {
    const grouped = await this.#lock(tx, key);
    if (grouped === null) return null;
    switch (nextStep(grouped.own, grouped.shares, await databaseTime(tx))) {
      case 'send':
        await this.recorder.trying(tx, grouped);
        return grouped.kyc;
      case 'skip':
        await this.recorder.same(tx, grouped);
        return null;
      case 'supersede':
        await this.recorder.failed(tx, grouped, 'superseded');
        return null;
      case 'nothing':
        return null;
    }
  }

  /** @param answer the partner's id of the request, or why it has not taken the data */
  async #record(tx: Transaction, key: ShareKey, answer: string | null | PartnerError): Promise<void> {
    if (answer instanceof PartnerError) {
      const grouped = await this.#lock(tx, key);
      if (grouped?.own.state !== 'waiting') return;
      if (answer.fault === 'refused') await this.recorder.failed(tx, grouped, 'partner_refused', answer);
      else await this.recorder.later(tx, grouped, answer);
      return;
    }
    // Data that the partner took is shared, also of a person who withdrew meanwhile.
    const grouped = await this.groups.lock(tx, key);
    if (grouped === null) await this.recorder.shared(tx, key, { partnerRequestId: answer });
    else await this.recorder.accepted(tx, grouped, answer);
  }

  /** The share among the others of its number; null once its person asked to be forgotten, which is recorded, or it is over. */
  async #lock(tx: Transaction, key: ShareKey): Promise<GroupedShare | null> {
    const grouped = await this.groups.lock(tx, key);
    if (grouped === null) await this.recorder.withdrawn(tx, key);
    return grouped !== null && isSharable(grouped.submission) ? grouped : null;
  }
}

function isSharable({ status }: Submission): boolean {
  return status === 'approved' || status === 'share_failed';
}
