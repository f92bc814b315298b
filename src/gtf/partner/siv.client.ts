import { Injectable } from '@nestjs/common';
import { PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { GtfAccounts } from '../gtf-accounts.service';
import type { GtfSessionIds } from '../gtf.entity';
import type { StartIdentityVerificationDto } from '../hosted-flows/hosted-flow.dto';
import type { GtfResult } from '../results/gtf-result';
import { GtfApiClient, type GtfCall, type Launch } from './gtf-api.client';
import { readDetails } from './result.wire';

/** How the person is to be verified, by which contact of theirs that the business unit has verified. */
export interface SivOrder extends Pick<
  StartIdentityVerificationDto,
  'source' | 'successRedirectionUrl' | 'failureRedirectionUrl' | 'userLocale'
> {
  readonly contact: { readonly kind: 'phoneNumber' | 'email'; readonly value: string };
  readonly verificationReferenceId: string;
}

/** How GTF says that the person has not begun. */
const NOT_BEGUN: readonly unknown[] = [
  'USER_NOT_FOUND',
  'USER_NOT_FOUND_FOR_PARTNER',
  'SUBMISSION_DOES_NOT_EXIST',
];

/** GTF's standalone identity verification, on the esign API (gtf.md §3.1, §3.5). */
@Injectable()
export class SivClient {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly api: GtfApiClient,
  ) {}

  /** Starts a verification in GTF's own SDK or web page. @throws PartnerError */
  initiate(ids: GtfSessionIds, order: SivOrder, deadline: Deadline): Promise<Launch> {
    const { source, successRedirectionUrl, failureRedirectionUrl, userLocale, contact } = order;
    const proof = { isVerified: true, verificationReferenceId: order.verificationReferenceId };
    return this.api.launch(source, {
      ...this.#call(ids, 'siv_initiate', deadline),
      path: '/esign-partner/v1/initiate-flow',
      body: {
        flow: 'STANDALONE_IDENTITY_VERIFICATION',
        source,
        successRedirectionUrl,
        failureRedirectionUrl,
        additionalDetails: {
          [contact.kind]: contact.value,
          dataVerification: { [contact.kind]: proof },
          userLocale,
        },
      },
    });
  }

  /** GTF's result in this session; null while the person has not begun. */
  async details(ids: GtfSessionIds, deadline: Deadline): Promise<GtfResult | null> {
    const call = this.#call(ids, 'siv_details', deadline);
    const path = '/esign-partner/v1/submissions';
    const data = await this.api
      .call({ ...call, method: 'GET', path, repeatable: true })
      .catch((error: unknown) => {
        if (error instanceof PartnerError && NOT_BEGUN.includes(error.publicCode)) return null;
        throw error;
      });
    if (data === null) return null;
    const read = readDetails(data);
    const isOwn =
      read !== undefined &&
      (read.partnerSessionId ?? ids.partnerSessionId) === ids.partnerSessionId &&
      (read.userId ?? ids.userId) === ids.userId;
    if (isOwn) return read.result;
    const hint = read ? "it is about another person's session" : 'there is no status in it';
    throw new PartnerError(call.account.partner, call.operation, 'error', { hint });
  }

  /** With both names of the onboarding header: GTF's pages differ (gtf.md §7.11). */
  #call(
    ids: GtfSessionIds,
    operation: string,
    deadline: Deadline,
  ): Pick<GtfCall, 'account' | 'token' | 'ids' | 'operation' | 'headers' | 'deadline'> {
    const account = this.accounts.demand('siv', ids.businessUnit, operation);
    const headers = { 'x-esign-onboarding-partner': account.onboardingPartner };
    return { account, token: 'siv_partner_token', ids, operation, headers, deadline };
  }
}
