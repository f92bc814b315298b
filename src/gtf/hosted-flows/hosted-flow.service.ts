import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Context, UserCaller } from '../../auth';
import type { EventData } from '../../kyc-ledger';
import { type Alongside, Database } from '../../platform/database';
import { invalidField } from '../../platform/errors';
import { PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { GtfAccounts } from '../gtf-accounts.service';
import type { Journey } from '../sessions/gtf-session';
import { JourneyOpening, type OpenedJourney } from '../sessions/session-opening.service';
import { LookRound } from '../polling/poll-schedule.service';
import type { Launch, LaunchOrder } from '../partner/launch';
import type { Family } from '../sessions/session.repository';

/** A journey in GTF's SDK or web page that was started. */
export type StartedJourney = Launch & {
  readonly submissionId: string;
  readonly partnerSessionId: string;
};

/** A journey to start. */
export interface WantedJourney {
  readonly family: Family;
  readonly order: LaunchOrder;
  readonly email: string | null;
  /** What the opening event says beside the session ids. */
  readonly data: EventData;
  initiate(journey: Journey, deadline: Deadline): Promise<Launch>;
}

/** Starts journeys in GTF's own screens, of both families. */
@Injectable()
export class LaunchedJourneys {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly opening: JourneyOpening,
    private readonly looks: LookRound,
    private readonly database: Database,
  ) {}

  /**
   * The order with its redirects as they were judged: GTF must not read in their text another address than was looked at here.
   * @throws GatewayError 400 for redirects that are not allowed
   */
  withJudgedRedirects<O extends LaunchOrder>(unit: string, order: O): O {
    const origins = this.accounts.redirectOrigins(unit);
    const judged = (field: 'successRedirectionUrl' | 'failureRedirectionUrl'): string | undefined => {
      const url = order[field];
      if (url === undefined && order.source === 'WEB_SDK')
        throw invalidField(field, 'is required for WEB_SDK');
      if (url === undefined) return undefined;
      if (!isAllowed(url, origins))
        throw invalidField(field, 'must be a URL on an origin that the business unit allows');
      return new URL(url).href;
    };
    const [successRedirectionUrl, failureRedirectionUrl] = [
      judged('successRedirectionUrl'),
      judged('failureRedirectionUrl'),
    ];
    return { ...order, successRedirectionUrl, failureRedirectionUrl };
  }

  /**
   * A session id that GTF says it knows was used by a try whose answer was lost: the next try has a new one (gtf.md §7.5).
   * @param alongside comes when GTF has agreed
   * @throws PartnerError
   */
  async start(
    { caller, deadline }: Context<UserCaller>,
    wanted: WantedJourney,
    alongside: Alongside<StartedJourney>,
  ): Promise<StartedJourney> {
    const { businessUnit, subject: userId } = caller;
    const journeys: Journey[] = [];
    const begin = (): Promise<Launch> => {
      const [partnerSessionId, sdkSessionId] = [randomUUID(), randomUUID()];
      const journey = { businessUnit, userId, partnerSessionId, sdkSessionId };
      journeys.push(journey);
      return initiated(wanted, journey, deadline);
    };
    const launch = await begin().catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
      return begin();
    });
    const { opened, started } = agreed(journeys, wanted, launch);
    await this.database.transaction((tx) =>
      this.opening.open(tx, caller, opened, async () => {
        await this.looks.start(tx, businessUnit, opened.submissionId);
        await alongside(tx, started);
      }),
    );
    return started;
  }
}

/** The session id makes initiating happen once, so it may be repeated when the connection broke (gtf.md §7.5). */
async function initiated(wanted: WantedJourney, journey: Journey, deadline: Deadline): Promise<Launch> {
  try {
    return await wanted.initiate(journey, deadline);
  } catch (error) {
    const lost = error instanceof PartnerError && error.fault === 'unavailable' && error.reached === 'maybe';
    if (!lost || deadline.remaining() === 0) throw error;
    return wanted.initiate(journey, deadline);
  }
}

/** The journey GTF agreed to, which is the last one that was tried. */
function agreed(
  journeys: readonly Journey[],
  { family, order, email, data }: WantedJourney,
  launch: Launch,
): { readonly opened: OpenedJourney; readonly started: StartedJourney } {
  const journey = journeys.at(-1);
  if (journey === undefined) throw new Error('a launch without a journey');
  const submissionId = randomUUID();
  const { partnerSessionId, sdkSessionId } = journey;
  const lost = journeys.slice(0, -1).map((earlier) => earlier.partnerSessionId);
  const opened: OpenedJourney = {
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
