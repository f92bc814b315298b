import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Context, TokenSession, UserCaller } from '../../auth';
import type { EventData } from '../../kyc-ledger';
import { Database, type TransactionHook } from '../../platform/database';
import { invalidField, unprocessable } from '../../platform/errors';
import { PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { GtfAccounts } from '../gtf-accounts.service';
import { CoeClient, type CoeFlowOrder } from '../partner/coe.client';
import type { Launch, LaunchOrder } from '../partner/gtf-api.client';
import { SivClient, type SivOrder, type VerifiedContact } from '../partner/siv.client';
import { PollSchedule } from '../polling/poll-schedule.service';
import type { Family } from '../gtf.entity';
import type { GtfSessionIds } from '../sessions/gtf-session';
import { type OpenedSession, SessionOpening } from '../sessions/session-opening.service';

/** A flow in GTF's SDK or web page that was started. */
export type StartedHostedFlow = Launch & {
  readonly submissionId: string;
  readonly partnerSessionId: string;
};

/** A flow to start, of either family. */
export interface HostedFlowOrder {
  readonly family: Family;
  readonly order: LaunchOrder;
  readonly email: string | null;
  /** What the opening event says beside the session ids. */
  readonly data: EventData;
  initiate(ids: GtfSessionIds, deadline: Deadline): Promise<Launch>;
}

/** Starts flows in GTF's own screens, of both families. */
@Injectable()
export class HostedFlowService {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly opening: SessionOpening,
    private readonly schedule: PollSchedule,
    private readonly database: Database,
  ) {}

  /**
   * The order with its redirects as the URL parser writes them, so that GTF reads the same address as was checked here.
   * @throws GatewayError 400 for redirects that are not allowed
   */
  withCheckedRedirects<O extends LaunchOrder>(unit: string, order: O): O {
    const origins = this.accounts.redirectOrigins(unit);
    const checked = (field: 'successRedirectionUrl' | 'failureRedirectionUrl'): string | undefined => {
      const url = order[field];
      if (url === undefined && order.source === 'WEB_SDK')
        throw invalidField(field, 'is required for WEB_SDK');
      if (url === undefined) return undefined;
      if (!isAllowed(url, origins))
        throw invalidField(field, 'must be a URL on an origin that the business unit allows');
      return new URL(url).href;
    };
    const [successRedirectionUrl, failureRedirectionUrl] = [
      checked('successRedirectionUrl'),
      checked('failureRedirectionUrl'),
    ];
    return { ...order, successRedirectionUrl, failureRedirectionUrl };
  }

  /**
   * A session id that GTF says it knows was used by a try whose answer was lost: the next try takes a new one (gtf.md §7.5).
   * @param alongside comes when GTF has agreed
   * @throws PartnerError
   */
  async start(
    { caller, deadline }: Context<UserCaller>,
    wanted: HostedFlowOrder,
    alongside: TransactionHook<StartedHostedFlow>,
  ): Promise<StartedHostedFlow> {
    const { businessUnit, subject: userId } = caller;
    const tried: GtfSessionIds[] = [];
    const begin = (): Promise<Launch> => {
      const [partnerSessionId, sdkSessionId] = [randomUUID(), randomUUID()];
      const ids = { businessUnit, userId, partnerSessionId, sdkSessionId };
      tried.push(ids);
      return initiated(wanted, ids, deadline);
    };
    const launch = await begin().catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
      return begin();
    });
    const { opened, started } = agreed(tried, wanted, launch);
    await this.database.transaction((tx) =>
      this.opening.open(tx, caller, opened, async () => {
        await this.schedule.start(tx, businessUnit, opened.submissionId);
        await alongside(tx, started);
      }),
    );
    return started;
  }
}

/** The session id makes initiating happen once, so it may be repeated when the connection broke (gtf.md §7.5). */
async function initiated(wanted: HostedFlowOrder, ids: GtfSessionIds, deadline: Deadline): Promise<Launch> {
  try {
    return await wanted.initiate(ids, deadline);
  } catch (error) {
    const lost = error instanceof PartnerError && error.fault === 'unavailable' && error.reached === 'maybe';
    if (!lost || deadline.remaining() === 0) throw error;
    return wanted.initiate(ids, deadline);
  }
}

/** The session GTF agreed to, which is the last one that was tried. */
function agreed(
  tried: readonly GtfSessionIds[],
  { family, order, email, data }: HostedFlowOrder,
  launch: Launch,
): { readonly opened: OpenedSession; readonly started: StartedHostedFlow } {
  const ids = tried.at(-1);
  if (ids === undefined) throw new Error('a launch without a session');
  const submissionId = randomUUID();
  const { partnerSessionId, sdkSessionId } = ids;
  const lost = tried.slice(0, -1).map((earlier) => earlier.partnerSessionId);
  const opened: OpenedSession = {
    submissionId,
    family,
    partnerSessionId,
    sdkSessionId,
    partnerSubmissionId: null,
    email,
    data: { ...data, source: order.source, ...(lost.length === 0 ? {} : { lostPartnerSessionIds: lost }) },
  };
  return { opened, started: { ...launch, submissionId, partnerSessionId } };
}

function isAllowed(url: string, origins: readonly string[]): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, username, password } = new URL(url);
  return username === '' && password === '' && origins.some((allowed) => new URL(allowed).origin === origin);
}

function isDuplicate(error: unknown): boolean {
  return error instanceof PartnerError && error.publicCode === 'DUPLICATE_PARTNER_SESSION_ID';
}

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
