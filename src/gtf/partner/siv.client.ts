import { Inject, Injectable } from '@nestjs/common';
import { isLoopbackHost, type PlatformSettings, platformSettings } from '../../platform/config';
import { PartnerError } from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import type { Finding } from '../finding';
import { type GtfAccount, GtfAccounts } from '../gtf-accounts';
import type { Journey } from '../journey';
import { type Asked, readAnswer, unusable } from './answer';
import { GtfDoors } from './gtf-doors';
import { GtfTokens } from './gtf-tokens';
import { readResult } from './result.wire';
import { type LaunchOnWire, readLaunch } from './siv.wire';

const PARTNER = 'GTF SIV';
const NOTHING_YET = /^(USER_NOT_FOUND.*|SUBMISSION_DOES_NOT_EXIST)$/;

/** What the person brings along, proven by the business unit. */
export type VerifiedContact =
  | { readonly kind: 'phone'; readonly phoneNumber: string }
  | { readonly kind: 'email'; readonly email: string };

/** How the person is to be verified. */
export interface SivOrder {
  readonly source: 'SDK' | 'WEB_SDK';
  readonly successRedirectionUrl?: string | undefined;
  readonly failureRedirectionUrl?: string | undefined;
  readonly contact: VerifiedContact;
  readonly verificationReferenceId: string;
  readonly userLocale?: string | undefined;
}

/** Where the person goes on: exactly one of token and URL. */
export type Launch = { readonly expiresAt: Date } & (
  | { readonly sdkToken: string; readonly launchUrl: null }
  | { readonly sdkToken: null; readonly launchUrl: string }
);

/** GTF's standalone identity verification, on the esign API (gtf.md §3.1, §3.5). */
@Injectable()
export class SivClient {
  readonly #plainLoopback: boolean;

  constructor(
    private readonly accounts: GtfAccounts,
    private readonly tokens: GtfTokens,
    private readonly doors: GtfDoors,
    private readonly clock: Clock,
    @Inject(platformSettings.token) settings: PlatformSettings,
  ) {
    this.#plainLoopback = settings.values.NODE_ENV !== 'production';
  }

  /**
   * Starts a journey. The session id makes it happen once: repeated after a lost answer it is refused as a duplicate.
   * @throws PartnerError
   */
  async initiate(journey: Journey, order: SivOrder, deadline: Deadline): Promise<Launch> {
    const asked: Asked = { partner: PARTNER, operation: 'siv_initiate' };
    const account = this.accounts.siv(journey.businessUnit, asked.operation);
    const launched = await this.tokens.use(this.tokens.sivPartner(account), deadline, async (token) => {
      const response = await this.doors.siv.send({
        operation: asked.operation,
        method: 'POST',
        url: `${account.baseUrl}/esign-partner/v1/initiate-flow`,
        headers: { ...headers(account, journey, token), 'content-type': 'application/json' },
        body: JSON.stringify(initiateBody(order)),
        deadline,
      });
      return readLaunch(readAnswer(asked, response, this.clock.now()), this.clock.now());
    });
    return this.#launch(asked, order.source, launched);
  }

  /** What GTF found out in this session; null while the person has not begun. */
  async details(journey: Journey, deadline: Deadline): Promise<Finding | null> {
    const asked: Asked = { partner: PARTNER, operation: 'siv_details' };
    const account = this.accounts.siv(journey.businessUnit, asked.operation);
    const read = await this.tokens
      .use(this.tokens.sivPartner(account), deadline, async (token) => {
        const response = await this.doors.siv.send({
          operation: asked.operation,
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

  #launch(asked: Asked, source: SivOrder['source'], launched: LaunchOnWire | undefined): Launch {
    const expiresAt = new Date(this.clock.now() + (launched?.lifeMs ?? 0));
    const { sdkToken = null, launchUrl = null } = launched ?? {};
    if (source === 'SDK' && sdkToken !== null) return { sdkToken, launchUrl: null, expiresAt };
    if (source === 'WEB_SDK' && launchUrl !== null && this.#isSecure(launchUrl))
      return { sdkToken: null, launchUrl, expiresAt };
    throw unusable(asked, 'it does not say where the person goes on');
  }

  #isSecure(url: string): boolean {
    if (!URL.canParse(url)) return false;
    const { protocol, hostname } = new URL(url);
    return protocol === 'https:' || (protocol === 'http:' && this.#plainLoopback && isLoopbackHost(hostname));
  }
}

function nullWhenNothingYet(error: unknown): null {
  if (error instanceof PartnerError && NOTHING_YET.test(error.publicCode ?? '')) return null;
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
