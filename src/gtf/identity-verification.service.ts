import { Injectable } from '@nestjs/common';
import type { Context, UserCaller } from '../auth';
import type { EventData } from '../kyc-ledger';
import type { Alongside } from '../platform/database';
import { invalidField, unprocessable } from '../platform/errors';
import { GtfAccounts } from './gtf-accounts';
import { LaunchedJourneys, type StartedJourney } from './launched-journeys';
import { SivClient, type SivOrder, type VerifiedContact } from './partner/siv.client';

/** What a person asks for; the contact defaults to the token's phone number. */
export type IdentityVerificationOrder = Omit<SivOrder, 'contact'> & {
  readonly phoneNumber?: string | undefined;
  readonly email?: string | undefined;
};

/** Starts identity verifications (SIV). */
@Injectable()
export class IdentityVerificationService {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly siv: SivClient,
    private readonly journeys: LaunchedJourneys,
  ) {}

  /**
   * @param alongside comes when GTF has agreed
   * @throws GatewayError 400 for redirects that are not allowed, 422 for another person's phone; PartnerError
   */
  async start(
    context: Context<UserCaller>,
    given: IdentityVerificationOrder,
    consent: EventData,
    alongside: Alongside<StartedJourney>,
  ): Promise<StartedJourney> {
    const { caller } = context;
    this.accounts.siv(caller.businessUnit, 'siv_initiate');
    this.journeys.judgeRedirects(caller.businessUnit, given);
    const contact = contactOf(caller, given);
    const order = { ...given, contact };
    return this.journeys.start(
      context,
      {
        family: 'siv',
        order,
        email: contact.kind === 'email' ? contact.email : null,
        data: consent,
        initiate: (journey, deadline) => this.siv.initiate(journey, order, deadline),
      },
      alongside,
    );
  }
}

/** The person's own phone, which the token proves; or an e-mail address alone, which the business unit has verified. */
function contactOf(caller: UserCaller, given: IdentityVerificationOrder): VerifiedContact {
  if (given.email !== undefined && given.phoneNumber !== undefined)
    throw invalidField('email', 'cannot be given together with phoneNumber: one contact is verified');
  if (given.email !== undefined) return { kind: 'email', email: given.email };
  const phoneNumber = given.phoneNumber ?? caller.phoneNumber;
  if (phoneNumber === null)
    throw unprocessable('phone_missing', 'The access token names no phone number: give an e-mail address.');
  if (phoneNumber !== caller.phoneNumber)
    throw unprocessable('phone_mismatch', "The phone number is not the access token's own.");
  return { kind: 'phone', phoneNumber };
}
