import { Injectable } from '@nestjs/common';
import type { Context, UserCaller } from '../../auth';
import type { EventData } from '../../kyc-ledger';
import type { TransactionHook } from '../../platform/database';
import { GtfAccounts } from '../gtf-accounts.service';
import { CoeClient, type CoeFlowOrder } from '../partner/coe.client';
import { HostedFlowService, type StartedHostedFlow } from './hosted-flow.service';

/** Starts COE flows in GTF's own screens. */
@Injectable()
export class CoeFlowService {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly coe: CoeClient,
    private readonly flows: HostedFlowService,
  ) {}

  /**
   * @param alongside comes when GTF has agreed
   * @throws GatewayError 400 for redirects that are not allowed; PartnerError
   */
  async start(
    context: Context<UserCaller>,
    given: CoeFlowOrder,
    consent: EventData,
    alongside: TransactionHook<StartedHostedFlow>,
  ): Promise<StartedHostedFlow> {
    const { businessUnit } = context.caller;
    this.accounts.coe(businessUnit, 'coe_initiate');
    const order = this.flows.withCheckedRedirects(businessUnit, given);
    return this.flows.start(
      context,
      {
        family: 'coe',
        order,
        email: null,
        data: { submissionType: order.flow, ...consent },
        initiate: (ids, deadline) => this.coe.initiate(ids, order, deadline),
      },
      alongside,
    );
  }
}
