import { Inject, Injectable } from '@nestjs/common';
import { allows, PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { type CoeAccount, GtfAccounts } from '../gtf-accounts.service';
import { type GtfSettings, gtfSettings } from '../gtf.settings';
import type { GtfResult } from '../results/gtf-result';
import { type GtfSessionIds, originOf } from '../sessions/gtf-session';
import { type CreatedOnWire, readCreated } from './coe.wire';
import { type GtfCall, type JsonObject, unusable, wireText } from './envelope.wire';
import { GtfApiClient, type GtfRequest } from './gtf-api.client';
import { HostedFlowClient, type Launch, type LaunchOrder } from './hosted-flow.client';
import { readDetails, readProgress } from './result.wire';

/** The submission types COE knows (gtf.md §3.2). */
export const COE_SUBMISSION_TYPES = [
  'KTP_SCAN',
  'STANDALONE_LIVENESS',
  'FACE_MATCH',
  'FACE_VERIFICATION',
  'KYC_LITE',
] as const;
export type CoeSubmissionType = (typeof COE_SUBMISSION_TYPES)[number];

/** The flows COE offers in its own screens (gtf.md §3.1). */
export const COE_FLOWS = [
  'FACE_VERIFICATION',
  'KTP_SCAN',
  'KYC_LITE',
  'ON_DEMAND_FR',
  'STANDALONE_LIVENESS',
] as const;
export type CoeFlow = (typeof COE_FLOWS)[number];

export const THEMES = ['DARK_MODE', 'LIGHT_MODE', 'NO_PREFERENCE'] as const;
export type Theme = (typeof THEMES)[number];

/** How the person goes through a flow. GTF chooses what is absent. */
export interface CoeFlowOrder extends LaunchOrder {
  readonly flow: CoeFlow;
  readonly theme?: Theme | undefined;
  readonly referenceImageUrl?: string | undefined;
  readonly userLocale?: string | undefined;
  readonly allowQr?: boolean | undefined;
  readonly forceQr?: boolean | undefined;
  readonly portraitOnly?: boolean | undefined;
}

type TokenKind = 'user' | 'partner';

/** GTF's COE family (gtf.md §3.1–3.5). */
@Injectable()
export class CoeClient {
  /** Units whose details GTF last gave to the partner token. */
  readonly #byPartnerToken = new Set<string>();

  constructor(
    private readonly accounts: GtfAccounts,
    private readonly api: GtfApiClient,
    private readonly hostedFlows: HostedFlowClient,
    @Inject(gtfSettings.token) private readonly settings: GtfSettings,
  ) {}

  /**
   * Starts a flow in GTF's own SDK or web page. The session id makes it happen once: repeated after a lost answer it is refused as a
   * duplicate.
   * @throws PartnerError
   */
  async initiate(ids: GtfSessionIds, order: CoeFlowOrder, deadline: Deadline): Promise<Launch> {
    const operation = 'coe_initiate';
    const account = this.accounts.coe(ids.businessUnit, operation);
    return this.hostedFlows.initiate(this.api.coePartner(account), order.source, {
      operation,
      origin: originOf(ids),
      method: 'POST',
      url: `${account.baseUrl}/coe-partner/v1/initiate-flow`,
      headers: {
        'content-type': 'application/json',
        'x-partner-session-id': ids.partnerSessionId,
        ...partnerHeaders(account, ids),
      },
      body: JSON.stringify(initiateBody(order)),
      deadline,
    });
  }

  /**
   * Creates a submission. A GET, yet it spends one of the person's attempts: never repeated once it may have arrived.
   * @throws PartnerError `refused` with `SUBMISSION_QUOTA_EXCEEDED` when the attempts are used up
   */
  async create(ids: GtfSessionIds, type: CoeSubmissionType, deadline: Deadline): Promise<CreatedOnWire> {
    const operation = 'coe_create';
    const account = this.accounts.coe(ids.businessUnit, operation);
    const url = `${account.baseUrl}/coe/v1/submissions/urls?submissionType=${type}`;
    const data = await this.#asUser(account, ids, { operation, method: 'GET', url, deadline });
    const created = readCreated(data);
    if (created === undefined) throw unusable(of(operation), 'it names no submission or no documents');
    if (!created.documents.every((document) => allows(account.uploadHosts, new URL(document.url))))
      throw unusable(of(operation), 'it wants documents sent to a host that is not allowed');
    return created;
  }

  /** Starts processing. Never repeated: after a lost answer {@link status} tells whether it took effect. */
  async confirm(ids: GtfSessionIds, partnerSubmissionId: string, deadline: Deadline): Promise<void> {
    const operation = 'coe_confirm';
    const account = this.accounts.coe(ids.businessUnit, operation);
    await this.#asUser(account, ids, {
      operation,
      method: 'PUT',
      url: `${account.baseUrl}/coe/v1/submissions/urls`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ submissionId: partnerSubmissionId }),
      deadline,
    });
  }

  /** How far processing is. Only the {@link details} hold a result. */
  async status(ids: GtfSessionIds, partnerSubmissionId: string, deadline: Deadline): Promise<GtfResult> {
    const operation = 'coe_status';
    const account = this.accounts.coe(ids.businessUnit, operation);
    const url = `${account.baseUrl}/coe/v1/submissions/${encodeURIComponent(partnerSubmissionId)}/status`;
    const request = { operation, method: 'GET', url, deadline, repeatable: true } as const;
    const status = wireText.parse((await this.#asUser(account, ids, request))['status']);
    if (status === null) throw unusable(of(operation), 'there is no status in it');
    return { ...readProgress(status), partnerSubmissionId };
  }

  /**
   * GTF's result. Its pages disagree on the token: by default the user's is tried, then the partner's (gtf.md §7.10).
   * @param partnerSubmissionId null while GTF has not named it: then the session is asked about
   */
  async details(
    ids: GtfSessionIds,
    partnerSubmissionId: string | null,
    deadline: Deadline,
  ): Promise<GtfResult> {
    const operation = 'coe_details';
    const account = this.accounts.coe(ids.businessUnit, operation);
    const read = readDetails(await this.#details(account, ids, partnerSubmissionId, deadline));
    if (read === undefined) throw unusable(of(operation), 'there is no status in it');
    const named = read.result.partnerSubmissionId ?? partnerSubmissionId;
    const isForeign =
      (partnerSubmissionId !== null && named !== partnerSubmissionId) ||
      (read.partnerSessionId ?? ids.partnerSessionId) !== ids.partnerSessionId;
    if (isForeign) throw unusable(of(operation), 'it is about another submission');
    return { ...read.result, partnerSubmissionId: named };
  }

  #details(
    account: CoeAccount,
    ids: GtfSessionIds,
    partnerSubmissionId: string | null,
    deadline: Deadline,
  ): Promise<JsonObject> {
    const named = partnerSubmissionId === null ? {} : { 'x-submission-id': partnerSubmissionId };
    const request = {
      operation: 'coe_details',
      origin: originOf(ids),
      method: 'GET',
      headers: { ...sessionHeaders(ids), ...named },
      deadline,
      repeatable: true,
    } as const;
    const asUser = (onTrial: boolean): Promise<JsonObject> =>
      this.api.call(
        { ...this.api.coeUser(account, ids.userId), onTrial },
        { ...request, url: `${account.baseUrl}/coe/v1/submissions` },
      );
    const asPartner = (path: string, onTrial: boolean): Promise<JsonObject> =>
      this.api.call(
        { ...this.api.coePartner(account), onTrial },
        {
          ...request,
          url: account.baseUrl + path,
          headers: { ...request.headers, ...partnerHeaders(account, ids) },
        },
      );
    switch (this.settings.values.GTF_COE_DETAILS_TOKEN) {
      case 'user':
        return asUser(false);
      case 'partner':
        return asPartner('/coe-partner/v1/submissions', false);
      case 'auto':
        return this.#withEither(account.businessUnit, {
          user: asUser,
          partner: (onTrial) => asPartner('/coe/v1/submissions', onTrial),
        });
    }
  }

  /** Asks with the kind of token that worked last, then with the other. */
  async #withEither(
    unit: string,
    ask: Readonly<Record<TokenKind, (onTrial: boolean) => Promise<JsonObject>>>,
  ): Promise<JsonObject> {
    const [usual, other] = this.#byPartnerToken.has(unit)
      ? (['partner', 'user'] as const)
      : (['user', 'partner'] as const);
    try {
      return await ask[usual](true);
    } catch (error) {
      if (!isTokenKindRefused(error)) throw error;
      const data = await ask[other](false);
      if (other === 'partner') this.#byPartnerToken.add(unit);
      else this.#byPartnerToken.delete(unit);
      return data;
    }
  }

  #asUser(account: CoeAccount, ids: GtfSessionIds, request: GtfRequest): Promise<JsonObject> {
    const headers = { ...sessionHeaders(ids), ...request.headers };
    return this.api.call(this.api.coeUser(account, ids.userId), {
      ...request,
      origin: originOf(ids),
      headers,
    });
  }
}

function of(operation: string): GtfCall {
  return { partner: 'GTF COE', operation };
}

function isTokenKindRefused(error: unknown): boolean {
  return error instanceof PartnerError && (error.httpStatus === 401 || error.httpStatus === 403);
}

function sessionHeaders({ sdkSessionId, partnerSessionId }: GtfSessionIds): Readonly<Record<string, string>> {
  return { 'x-sdk-session-id': sdkSessionId, 'x-partner-session-id': partnerSessionId };
}

function partnerHeaders(account: CoeAccount, ids: GtfSessionIds): Readonly<Record<string, string>> {
  return {
    'x-onboarding-partner': account.onboardingPartner,
    'x-partner-user-id': ids.userId,
    'x-partner-user-id-type': account.userIdType,
  };
}

function initiateBody(order: CoeFlowOrder): object {
  const { flow, source, successRedirectionUrl, failureRedirectionUrl, theme } = order;
  const { referenceImageUrl, userLocale, allowQr, forceQr, portraitOnly } = order;
  return {
    flow,
    source,
    successRedirectionUrl,
    failureRedirectionUrl,
    theme,
    additionalDetails: { referenceImageUrl, userLocale, allowQr, forceQr, portraitOnly },
  };
}
