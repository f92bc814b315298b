import { Injectable } from '@nestjs/common';
import type { Submission } from '../../kyc-ledger';
import { Database } from '../../platform/database';
import { invalidState } from '../../platform/errors';
import { PartnerError } from '../../platform/outbound';
import { CommonKycClient } from '../partner/common-kyc.client';
import { newestOf } from './share-policy';
import { ShareRecorder } from './share-recorder.service';
import { ShareGroups } from './share-groups.service';

/** Shares a submission anew, with the full time to succeed in. */
@Injectable()
export class ShareRestart {
  constructor(
    private readonly database: Database,
    private readonly groups: ShareGroups,
    private readonly recorder: ShareRecorder,
    private readonly client: CommonKycClient,
  ) {}

  /** @throws GatewayError 409 `invalid_state` when there is nothing to send, or newer data of the number stands above it; PartnerError `not_configured` */
  async start(submission: Submission): Promise<void> {
    if (!this.client.serves(submission.businessUnit))
      throw new PartnerError('common-kyc', 'store', 'not_configured');
    if (submission.status !== 'approved' && submission.status !== 'share_failed')
      throw invalidState(`A submission that is ${submission.status} has nothing to share.`);
    await this.database.transaction(async (tx) => {
      const grouped = await this.groups.lock(tx, submission);
      if (grouped === null) throw invalidState('The person asked to be forgotten.');
      if (newestOf(grouped.shares, grouped.own).content !== grouped.own.content)
        throw invalidState('Newer approved data of this phone number stands above it.');
      await this.recorder.restart(tx, grouped);
    });
  }
}
