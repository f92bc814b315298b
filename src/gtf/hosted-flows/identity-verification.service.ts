import { Injectable } from '@nestjs/common';
import type { Context, TokenSession, UserCaller } from '../../auth';
import type { EventData } from '../../kyc-ledger';
import type { TransactionHook } from '../../platform/database';
import { invalidField, unprocessable } from '../../platform/errors';
import { GtfAccounts } from '../gtf-accounts.service';
import { SivClient, type SivOrder, type VerifiedContact } from '../partner/siv.client';
import { HostedFlowService, type StartedHostedFlow } from './hosted-flow.service';

/** What a person asks for; the contact defaults to the token's phone number. */
export type IdentityVerificationOrder = Omit<SivOrder, 'contact' | 'verificationReferenceId'> & {
  readonly session: TokenSession;
  readonly verificationReferenceId?: string | undefined;
  readonly phoneNumber?: string | undefined;
  readonly email?: string | undefined;
};

/** Starts identity verifications (SIV). */
@Injectable()
export class IdentityVerificationService {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly siv: SivClient,
    private readonly flows: HostedFlowService,
  ) {}

  /**
   * @param alongside comes when GTF has agreed
   * @throws GatewayError 400 for redirects that are not allowed, 422 for a contact that is not proven to be the person's; PartnerError
   */
  async start(
    context: Context<UserCaller>,
    given: IdentityVerificationOrder,
    consent: EventData,
    alongside: TransactionHook<StartedHostedFlow>,
  ): Promise<StartedHostedFlow> {
    const { caller } = context;
    this.accounts.siv(caller.businessUnit, 'siv_initiate');
    const order = {
      ...this.flows.withCheckedRedirects(caller.businessUnit, given),
      contact: contactOf(caller, given),
      verificationReferenceId: referenceOf(given),
    };
    return this.flows.start(
      context,
      {
        family: 'siv',
        order,
        email: order.contact.kind === 'email' ? order.contact.email : null,
        data: consent,
        initiate: (ids, deadline) => this.siv.initiate(ids, order, deadline),
      },
      alongside,
    );
  }
}

/** What SIMAS-ID proves to be the person's: the token's phone number, or its verified e-mail address alone (contract §7.4). */
function contactOf(caller: UserCaller, given: IdentityVerificationOrder): VerifiedContact {
  if (given.email !== undefined && given.phoneNumber !== undefined)
    throw invalidField('email', 'cannot be given together with phoneNumber: one contact is verified');
  if (given.email !== undefined) return { kind: 'email', email: verifiedEmail(given.email, given.session) };
  const phoneNumber = given.phoneNumber ?? caller.phoneNumber;
  if (phoneNumber === null)
    throw unprocessable('phone_missing', 'The access token names no phone number: give an e-mail address.');
  if (phoneNumber !== caller.phoneNumber)
    throw unprocessable('phone_mismatch', "The phone number is not the access token's own.");
  return { kind: 'phone', phoneNumber };
}

/** The address as the token writes it, since the token is the proof. */
function verifiedEmail(given: string, { verifiedEmail }: TokenSession): string {
  if (verifiedEmail === null || given.toLowerCase() !== verifiedEmail.toLowerCase())
    throw unprocessable(
      'email_mismatch',
      'The e-mail address is not one that the access token says is verified.',
    );
  return verifiedEmail;
}

function referenceOf({ verificationReferenceId, session }: IdentityVerificationOrder): string {
  const reference = verificationReferenceId ?? session.reference;
  if (reference === null)
    throw invalidField('verificationReferenceId', 'is required: the access token names no session');
  return reference;
}
