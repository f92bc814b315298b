import { Injectable } from '@nestjs/common';
import type { Context, UserCaller } from '../../auth';
import type { EventData } from '../../kyc-ledger';
import type { Alongside } from '../../platform/database';
import { GtfAccounts } from '../gtf-accounts.service';
import { LaunchedJourneys, type StartedJourney } from './hosted-flow.service';
import { CoeFlowClient, type CoeFlowOrder } from '../partner/coe-flow.client';

/** Starts COE flows in GTF's own screens. */
@Injectable()
export class CoeFlowService {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly coe: CoeFlowClient,
    private readonly journeys: LaunchedJourneys,
  ) {}

  /**
   * @param alongside comes when GTF has agreed
   * @throws GatewayError 400 for redirects that are not allowed; PartnerError
   */
  async start(
    context: Context<UserCaller>,
    given: CoeFlowOrder,
    consent: EventData,
    alongside: Alongside<StartedJourney>,
  ): Promise<StartedJourney> {
    const { businessUnit } = context.caller;
    this.accounts.coe(businessUnit, 'coe_initiate');
    const order = this.journeys.withJudgedRedirects(businessUnit, given);
    return this.journeys.start(
      context,
      {
        family: 'coe',
        order,
        email: null,
        data: { submissionType: order.flow, ...consent },
        initiate: (journey, deadline) => this.coe.initiate(journey, order, deadline),
      },
      alongside,
    );
  }
}
