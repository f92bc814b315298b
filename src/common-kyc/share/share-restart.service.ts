import { Injectable } from '@nestjs/common';
import type { Submission } from '../../kyc-ledger';
import { Database } from '../../platform/database';
import { invalidState } from '../../platform/errors';
import { PartnerError } from '../../platform/outbound';
import { CommonKycClient } from '../partner/common-kyc.client';
import { newestOf } from './share-policy';
import { PushOutcomes } from './share-recorder.service';
import { PushPlaces } from './share-groups.service';

/** Starts the push of a submission anew, with a full time to succeed in. */
@Injectable()
export class Redrive {
  constructor(
    private readonly database: Database,
    private readonly places: PushPlaces,
    private readonly outcomes: PushOutcomes,
    private readonly client: CommonKycClient,
  ) {}

  /** @throws GatewayError 409 `invalid_state` when there is nothing to send, or newer data of the number stands above it; PartnerError `not_configured` */
  async start(submission: Submission): Promise<void> {
    if (!this.client.serves(submission.businessUnit))
      throw new PartnerError('common-kyc', 'store', 'not_configured');
    if (submission.status !== 'approved' && submission.status !== 'share_failed')
      throw invalidState(`A submission that is ${submission.status} has nothing to share.`);
    await this.database.transaction(async (tx) => {
      const placed = await this.places.place(tx, submission);
      if (placed === null) throw invalidState('The person asked to be forgotten.');
      if (newestOf(placed.pushes, placed.own).content !== placed.own.content)
        throw invalidState('Newer approved data of this phone number stands above it.');
      await this.outcomes.restart(tx, placed);
    });
  }
}
