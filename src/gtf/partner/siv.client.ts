import { Injectable } from '@nestjs/common';
import { PartnerError } from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import type { Finding } from '../results/gtf-result';
import { type GtfAccount, GtfAccounts } from '../gtf-accounts.service';
import { type Journey, originOf } from '../sessions/gtf-session';
import { type Asked, readAnswer, unusable } from './answer';
import { GtfDoors } from './gtf-doors';
import { GtfTokens } from './gtf-tokens';
import { type Launch, Launches, type LaunchOrder } from './launch';
import { readResult } from './result.wire';

const PARTNER = 'GTF SIV';
const NOTHING_YET: readonly unknown[] = [
  'USER_NOT_FOUND',
  'USER_NOT_FOUND_FOR_PARTNER',
  'SUBMISSION_DOES_NOT_EXIST',
];

/** What the person brings along, proven by the business unit. */
export type VerifiedContact =
  | { readonly kind: 'phone'; readonly phoneNumber: string }
  | { readonly kind: 'email'; readonly email: string };

/** How the person is to be verified. */
export interface SivOrder extends LaunchOrder {
  readonly contact: VerifiedContact;
  readonly verificationReferenceId: string;
  readonly userLocale?: string | undefined;
}

/** GTF's standalone identity verification, on the esign API (gtf.md §3.1, §3.5). */
@Injectable()
export class SivClient {
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
  async initiate(journey: Journey, order: SivOrder, deadline: Deadline): Promise<Launch> {
    const asked: Asked = { partner: PARTNER, operation: 'siv_initiate' };
    const account = this.accounts.siv(journey.businessUnit, asked.operation);
    return this.tokens.use(this.tokens.sivPartner(account), deadline, async (token) => {
      const response = await this.doors.siv.send({
        operation: asked.operation,
        origin: originOf(journey),
        method: 'POST',
        url: `${account.baseUrl}/esign-partner/v1/initiate-flow`,
        headers: { ...headers(account, journey, token), 'content-type': 'application/json' },
        body: JSON.stringify(initiateBody(order)),
        deadline,
      });
      return this.launches.read(asked, order.source, readAnswer(asked, response, this.clock.now()));
    });
  }

  /** What GTF found out in this session; null while the person has not begun. */
  async details(journey: Journey, deadline: Deadline): Promise<Finding | null> {
    const asked: Asked = { partner: PARTNER, operation: 'siv_details' };
    const account = this.accounts.siv(journey.businessUnit, asked.operation);
    const read = await this.tokens
      .use(this.tokens.sivPartner(account), deadline, async (token) => {
        const response = await this.doors.siv.send({
          operation: asked.operation,
          origin: originOf(journey),
          method: 'GET',
          url: `${account.baseUrl}/esign-partner/v1/submissions`,
          headers: headers(account, journey, token),
          deadline,
          repeatable: true,
        });
        return readResult(readAnswer(asked, response, this.clock.now()));
      })
      .catch(nullWhenNothingYet);
    if (read === null) return null;
    if (read === undefined) throw unusable(asked, 'there is no status in it');
    const foreign =
      (read.partnerSessionId ?? journey.partnerSessionId) !== journey.partnerSessionId ||
      (read.userId ?? journey.userId) !== journey.userId;
    if (foreign) throw unusable(asked, "it is about another person's session");
    return read.finding;
  }
}

function nullWhenNothingYet(error: unknown): null {
  if (error instanceof PartnerError && NOTHING_YET.includes(error.publicCode)) return null;
  throw error;
}

function initiateBody(order: SivOrder): object {
  const {
    source,
    successRedirectionUrl,
    failureRedirectionUrl,
    contact,
    verificationReferenceId,
    userLocale,
  } = order;
  const proof = { isVerified: true, verificationReferenceId };
  return {
    flow: 'STANDALONE_IDENTITY_VERIFICATION',
    source,
    successRedirectionUrl,
    failureRedirectionUrl,
    additionalDetails: {
      ...(contact.kind === 'phone'
        ? { phoneNumber: contact.phoneNumber, dataVerification: { phoneNumber: proof } }
        : { email: contact.email, dataVerification: { email: proof } }),
      userLocale,
    },
  };
}

/** Both names of the onboarding header: GTF's pages differ (gtf.md §7.11). */
function headers(account: GtfAccount, journey: Journey, token: string): Readonly<Record<string, string>> {
  return {
    'x-onekyc-token': token,
    'x-onboarding-partner': account.onboardingPartner,
    'x-esign-onboarding-partner': account.onboardingPartner,
    'x-partner-user-id': journey.userId,
    'x-partner-user-id-type': account.userIdType,
    'x-partner-session-id': journey.partnerSessionId,
  };
}
