import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Context, UserCaller } from '../auth';
import { type Alongside, Database } from '../platform/database';
import { invalidField, unprocessable } from '../platform/errors';
import { PartnerError } from '../platform/outbound';
import { GtfAccounts } from './gtf-accounts';
import type { Journey } from './journey';
import { JourneyOpening, type OpenedJourney } from './journey-opening';
import { LookRound } from './look-round';
import { type Launch, SivClient, type SivOrder, type VerifiedContact } from './partner/siv.client';

/** What a person asks for; the contact defaults to the token's phone number. */
export type IdentityVerificationOrder = Omit<SivOrder, 'contact'> & {
  readonly phoneNumber?: string | undefined;
  readonly email?: string | undefined;
};

/** A journey in GTF's SDK or web page that was started. */
export type StartedVerification = Launch & {
  readonly submissionId: string;
  readonly partnerSessionId: string;
};

/** Starts identity verifications (SIV). */
@Injectable()
export class IdentityVerificationService {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly siv: SivClient,
    private readonly opening: JourneyOpening,
    private readonly looks: LookRound,
    private readonly database: Database,
  ) {}

  /**
   * @param alongside comes when GTF has agreed
   * @throws GatewayError 400 for redirects that are not allowed, 422 for another person's phone; PartnerError
   */
  async start(
    { caller, deadline }: Context<UserCaller>,
    given: IdentityVerificationOrder,
    alongside: Alongside<StartedVerification>,
  ): Promise<StartedVerification> {
    const { businessUnit, subject } = caller;
    this.accounts.siv(businessUnit, 'siv_initiate');
    this.#judgeRedirects(businessUnit, given);
    const contact = contactOf(caller, given);
    const order = { ...given, contact };
    const journeys: Journey[] = [];
    const begin = (): Promise<Launch> => {
      const journey = {
        businessUnit,
        userId: subject,
        partnerSessionId: randomUUID(),
        sdkSessionId: randomUUID(),
      };
      journeys.push(journey);
      return this.#initiate(journey, order, deadline);
    };
    const launch = await begin().catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
      return begin();
    });
    const { opened, started } = agreed(journeys, order, launch);
    await this.database.transaction((tx) =>
      this.opening.open(tx, caller, opened, async () => {
        await this.looks.start(tx, businessUnit, opened.submissionId);
        await alongside(tx, started);
      }),
    );
    return started;
  }

  /** The session id makes initiating happen once, so it may be repeated when the connection broke (gtf.md §7.5). */
  async #initiate(journey: Journey, order: SivOrder, deadline: Context['deadline']): Promise<Launch> {
    try {
      return await this.siv.initiate(journey, order, deadline);
    } catch (error) {
      const lost =
        error instanceof PartnerError && error.fault === 'unavailable' && error.reached === 'maybe';
      if (!lost || deadline.remaining() === 0) throw error;
      return this.siv.initiate(journey, order, deadline);
    }
  }

  #judgeRedirects(unit: string, given: IdentityVerificationOrder): void {
    const origins = this.accounts.redirectOrigins(unit);
    for (const field of ['successRedirectionUrl', 'failureRedirectionUrl'] as const) {
      const url = given[field];
      if (url === undefined && given.source === 'WEB_SDK')
        throw invalidField(field, 'is required for WEB_SDK');
      if (url !== undefined && !isAllowed(url, origins))
        throw invalidField(field, 'must be a URL on an origin that the business unit allows');
    }
  }
}

/** The journey GTF agreed to, which is the last one that was tried. */
function agreed(
  journeys: readonly Journey[],
  { source, contact }: SivOrder,
  launch: Launch,
): { readonly opened: OpenedJourney; readonly started: StartedVerification } {
  const journey = journeys.at(-1);
  if (journey === undefined) throw new Error('a launch without a journey');
  const submissionId = randomUUID();
  const { partnerSessionId, sdkSessionId } = journey;
  const lost = journeys.slice(0, -1).map((earlier) => earlier.partnerSessionId);
  const opened: OpenedJourney = {
    submissionId,
    family: 'siv',
    partnerSessionId,
    sdkSessionId,
    partnerSubmissionId: null,
    email: contact.kind === 'email' ? contact.email : null,
    data: { source, ...(lost.length === 0 ? {} : { lostPartnerSessionIds: lost }) },
  };
  return { opened, started: { ...launch, submissionId, partnerSessionId } };
}

function isAllowed(url: string, origins: readonly string[]): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, username, password } = new URL(url);
  return username === '' && password === '' && origins.some((allowed) => new URL(allowed).origin === origin);
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

function isDuplicate(error: unknown): boolean {
  return error instanceof PartnerError && error.publicCode === 'DUPLICATE_PARTNER_SESSION_ID';
}
