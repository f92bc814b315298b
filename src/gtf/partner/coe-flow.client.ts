import { Injectable } from '@nestjs/common';
import { Clock, type Deadline } from '../../platform/time';
import { GtfAccounts } from '../gtf-accounts.service';
import { type CoeFlow, type Journey, originOf, type Theme } from '../sessions/gtf-session';
import { type Asked, readAnswer } from './answer';
import { GtfDoors } from './gtf-doors';
import { GtfTokens } from './gtf-tokens';
import { type Launch, Launches, type LaunchOrder } from './launch';

/** How the person goes through a flow. What is absent is GTF's to choose. */
export interface CoeFlowOrder extends LaunchOrder {
  readonly flow: CoeFlow;
  readonly theme?: Theme | undefined;
  readonly referenceImageUrl?: string | undefined;
  readonly userLocale?: string | undefined;
  readonly allowQr?: boolean | undefined;
  readonly forceQr?: boolean | undefined;
  readonly portraitOnly?: boolean | undefined;
}

/** COE in GTF's own SDK or web page, started with the partner token (gtf.md §3.1). */
@Injectable()
export class CoeFlowClient {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly tokens: GtfTokens,
    private readonly doors: GtfDoors,
    private readonly clock: Clock,
    private readonly launches: Launches,
  ) {}

  /**
   * Starts a journey. The session id makes it happen once: repeated after a lost answer it is refused as a duplicate.
   * @throws PartnerError
   */
  async initiate(journey: Journey, order: CoeFlowOrder, deadline: Deadline): Promise<Launch> {
    const asked: Asked = { partner: 'GTF COE', operation: 'coe_initiate' };
    const account = this.accounts.coe(journey.businessUnit, asked.operation);
    return this.tokens.use(this.tokens.coePartner(account), deadline, async (token) => {
      const response = await this.doors.coe.send({
        operation: asked.operation,
        origin: originOf(journey),
        method: 'POST',
        url: `${account.baseUrl}/coe-partner/v1/initiate-flow`,
        headers: {
          'content-type': 'application/json',
          'x-onekyc-token': token,
          'x-onboarding-partner': account.onboardingPartner,
          'x-partner-user-id': journey.userId,
          'x-partner-user-id-type': account.userIdType,
          'x-partner-session-id': journey.partnerSessionId,
        },
        body: JSON.stringify(initiateBody(order)),
        deadline,
      });
      return this.launches.read(asked, order.source, readAnswer(asked, response, this.clock.now()));
    });
  }
}

function initiateBody(order: CoeFlowOrder): object {
  const { flow, source, successRedirectionUrl, failureRedirectionUrl, theme } = order;
  const { referenceImageUrl, userLocale, allowQr, forceQr, portraitOnly } = order;
  return {
    flow,
    source,
    successRedirectionUrl,
    failureRedirectionUrl,
    theme,
    additionalDetails: { referenceImageUrl, userLocale, allowQr, forceQr, portraitOnly },
  };
}
