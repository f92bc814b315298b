import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Context, TokenSession, UserCaller } from '../../auth';
import type { EventData } from '../../kyc-ledger';
import { Database, databaseTime, type TransactionHook } from '../../platform/database';
import { invalidField, unprocessable } from '../../platform/errors';
import { PartnerError } from '../../platform/outbound';
import { GtfAccounts } from '../gtf-accounts.service';
import { CoeClient, type CoeFlowOrder } from '../partner/coe.client';
import type { GtfSessionIds } from '../gtf.entity';
import type { Launch } from '../partner/gtf-api.client';
import { SivClient, type SivOrder } from '../partner/siv.client';
import { type OpenedSession, SessionOpening } from '../sessions/session-opening.service';
import type { LaunchDto, StartedJourneyDto, StartIdentityVerificationDto } from './hosted-flow.dto';

type Redirection = 'successRedirectionUrl' | 'failureRedirectionUrl';

/** A flow to start, of either family. */
interface HostedFlow extends Pick<OpenedSession, 'family' | 'email' | 'data'> {
  readonly initiate: (ids: GtfSessionIds) => Promise<Launch>;
}

/** What a person asks for; the contact defaults to the token's phone number. */
type IdentityVerificationOrder = Omit<StartIdentityVerificationDto, 'consent'> & {
  readonly session: TokenSession;
};

/** Starts flows in GTF's own screens, of both families. */
@Injectable()
export class HostedFlowService {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly coe: CoeClient,
    private readonly siv: SivClient,
    private readonly opening: SessionOpening,
    private readonly database: Database,
  ) {}

  /**
   * @param alongside comes when GTF has agreed
   * @throws PartnerError; GatewayError 400 for redirects that are not allowed
   */
  startCoe(
    { caller, deadline }: Context<UserCaller>,
    given: CoeFlowOrder,
    consent: EventData,
    alongside: TransactionHook<StartedJourneyDto>,
  ): Promise<StartedJourneyDto> {
    this.accounts.demand('coe', caller.businessUnit, 'coe_initiate');
    const order = { ...given, ...this.#redirects(caller.businessUnit, given) };
    const flow: HostedFlow = {
      family: 'coe',
      email: null,
      data: { submissionType: order.flow, ...consent, source: order.source },
      initiate: (ids) => this.coe.initiate(ids, order, deadline),
    };
    return this.#start(caller, flow, alongside);
  }

  /**
   * @param alongside comes when GTF has agreed
   * @throws PartnerError; GatewayError 400 for redirects that are not allowed, 422 for a contact that is not proven to be the person's
   */
  startSiv(
    { caller, deadline }: Context<UserCaller>,
    given: IdentityVerificationOrder,
    consent: EventData,
    alongside: TransactionHook<StartedJourneyDto>,
  ): Promise<StartedJourneyDto> {
    this.accounts.demand('siv', caller.businessUnit, 'siv_initiate');
    const order: SivOrder = {
      ...given,
      ...this.#redirects(caller.businessUnit, given),
      contact: contactOf(caller, given),
      verificationReferenceId: referenceOf(given),
    };
    const flow: HostedFlow = {
      family: 'siv',
      email: order.contact.kind === 'email' ? order.contact.value : null,
      data: { ...consent, source: order.source },
      initiate: (ids) => this.siv.initiate(ids, order, deadline),
    };
    return this.#start(caller, flow, alongside);
  }

  /** As the URL parser writes them, so that GTF reads the same address as was checked here. */
  #redirects(unit: string, order: LaunchDto): Pick<LaunchDto, Redirection> {
    const origins = this.accounts.redirectOrigins(unit);
    const checked = (field: Redirection): string | undefined => {
      const url = order[field];
      if (url === undefined && order.source === 'WEB_SDK')
        throw invalidField(field, 'is required for WEB_SDK');
      if (url === undefined) return undefined;
      if (!isAllowed(url, origins))
        throw invalidField(field, 'must be a URL on an origin that the business unit allows');
      return new URL(url).href;
    };
    return {
      successRedirectionUrl: checked('successRedirectionUrl'),
      failureRedirectionUrl: checked('failureRedirectionUrl'),
    };
  }

  /** A session id that GTF says it knows was used by a try whose answer was lost: the next try takes a new one (gtf.md §7.5). */
  async #start(
    caller: UserCaller,
    { family, email, data, initiate }: HostedFlow,
    alongside: TransactionHook<StartedJourneyDto>,
  ): Promise<StartedJourneyDto> {
    const submissionId = randomUUID();
    const newIds = (): GtfSessionIds => ({
      ...{ businessUnit: caller.businessUnit, userId: caller.subject },
      ...{ partnerSessionId: randomUUID(), sdkSessionId: randomUUID() },
    });
    let ids = newIds();
    const lost: string[] = [];
    // Asked first, so that nothing expires later here than at GTF.
    const now = await databaseTime(this.database);
    const { lifeMs, ...next } = await initiate(ids).catch((error: unknown) => {
      if (!(error instanceof PartnerError) || error.publicCode !== 'DUPLICATE_PARTNER_SESSION_ID')
        throw error;
      lost.push(ids.partnerSessionId);
      ids = newIds();
      return initiate(ids);
    });
    const { partnerSessionId, sdkSessionId } = ids;
    const launch = { ...next, expiresAt: new Date(now.getTime() + lifeMs) };
    const started = { submissionId, partnerSessionId, ...launch };
    const opened: OpenedSession = {
      ...{ submissionId, family, partnerSessionId, sdkSessionId, partnerSubmissionId: null, email, launch },
      data: { ...data, ...(lost.length === 0 ? {} : { lostPartnerSessionIds: lost }) },
    };
    await this.database.transaction((tx) =>
      this.opening.open(tx, caller, opened, () => alongside(tx, started)),
    );
    return started;
  }
}

function isAllowed(url: string, origins: readonly string[]): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, username, password } = new URL(url);
  return username === '' && password === '' && origins.some((allowed) => new URL(allowed).origin === origin);
}

/** What SIMAS-ID proves to be the person's: the token's phone number, or its verified e-mail address alone (contract §7.4). */
function contactOf(caller: UserCaller, given: IdentityVerificationOrder): SivOrder['contact'] {
  const { email, phoneNumber = caller.phoneNumber, session } = given;
  if (email !== undefined) {
    if (given.phoneNumber !== undefined)
      throw invalidField('email', 'cannot be given together with phoneNumber: one contact is verified');
    if (session.verifiedEmail?.toLowerCase() === email.toLowerCase())
      return { kind: 'email', value: session.verifiedEmail };
    const why = 'The e-mail address is not one that the access token says is verified.';
    throw unprocessable('email_mismatch', why);
  }
  if (phoneNumber === null)
    throw unprocessable('phone_missing', 'The access token names no phone number: give an e-mail address.');
  if (phoneNumber !== caller.phoneNumber)
    throw unprocessable('phone_mismatch', "The phone number is not the access token's own.");
  return { kind: 'phoneNumber', value: phoneNumber };
}

function referenceOf({ verificationReferenceId, session }: IdentityVerificationOrder): string {
  const reference = verificationReferenceId ?? session.reference;
  if (reference === null)
    throw invalidField('verificationReferenceId', 'is required: the access token names no session');
  return reference;
}
