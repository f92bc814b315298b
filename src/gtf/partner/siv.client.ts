import { Injectable } from '@nestjs/common';
import { PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { type GtfAccount, GtfAccounts } from '../gtf-accounts.service';
import type { GtfResult } from '../results/gtf-result';
import { type GtfCall, unusable } from './envelope.wire';
import type { GtfSessionIds } from '../gtf.entity';
import {
  GtfApiClient,
  type Launch,
  type LaunchOrder,
  personHeaders,
  sivPartnerToken,
} from './gtf-api.client';
import { readDetails } from './result.wire';

const DETAILS: GtfCall = { partner: 'GTF SIV', operation: 'siv_details' };
/** How GTF says that the person has not begun. */
const NOT_BEGUN: readonly unknown[] = [
  'USER_NOT_FOUND',
  'USER_NOT_FOUND_FOR_PARTNER',
  'SUBMISSION_DOES_NOT_EXIST',
];

/** The contact of the person that the business unit has verified. */
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
    private readonly api: GtfApiClient,
  ) {}

  /** Starts a verification in GTF's own SDK or web page. @throws PartnerError */
  async initiate(ids: GtfSessionIds, order: SivOrder, deadline: Deadline): Promise<Launch> {
    const operation = 'siv_initiate';
    const account = this.accounts.siv(ids.businessUnit, operation);
    return this.api.launch(sivPartnerToken(account), ids, order, {
      operation,
      path: '/esign-partner/v1/initiate-flow',
      headers: headers(account, ids),
      body: initiateBody(order),
      deadline,
    });
  }

  /** GTF's result in this session; null while the person has not begun. */
  async details(ids: GtfSessionIds, deadline: Deadline): Promise<GtfResult | null> {
    const { operation } = DETAILS;
    const account = this.accounts.siv(ids.businessUnit, operation);
    const path = '/esign-partner/v1/submissions';
    const request = { operation, method: 'GET', path, deadline, repeatable: true } as const;
    const data = await this.api
      .call(sivPartnerToken(account), ids, { ...request, headers: headers(account, ids) })
      .catch(nullWhenNotBegun);
    if (data === null) return null;
    const read = readDetails(data);
    if (read === undefined) throw unusable(DETAILS, 'there is no status in it');
    const isForeign =
      (read.partnerSessionId ?? ids.partnerSessionId) !== ids.partnerSessionId ||
      (read.userId ?? ids.userId) !== ids.userId;
    if (isForeign) throw unusable(DETAILS, "it is about another person's session");
    return read.result;
  }
}

function nullWhenNotBegun(error: unknown): null {
  if (error instanceof PartnerError && NOT_BEGUN.includes(error.publicCode)) return null;
  throw error;
}

function initiateBody(order: SivOrder): object {
  const { source, successRedirectionUrl, failureRedirectionUrl, contact, userLocale } = order;
  const proof = { isVerified: true, verificationReferenceId: order.verificationReferenceId };
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
function headers(account: GtfAccount, ids: GtfSessionIds): Readonly<Record<string, string>> {
  return {
    ...personHeaders(account, ids.userId),
    'x-esign-onboarding-partner': account.onboardingPartner,
    'x-partner-session-id': ids.partnerSessionId,
  };
}
