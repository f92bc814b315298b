import { Inject, Injectable } from '@nestjs/common';
import { allows, PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { GtfAccounts } from '../gtf-accounts.service';
import type { CreateCoeSubmissionDto } from '../coe/coe-submission.dto';
import { type GtfSettings, gtfSettings } from '../gtf.settings';
import type { StartCoeFlowDto } from '../hosted-flows/hosted-flow.dto';
import type { GtfResult } from '../results/gtf-result';
import { type GtfCall, type JsonObject, unusable, wireText } from './envelope.wire';
import type { GtfSessionIds } from '../gtf.entity';
import {
  coePartnerToken,
  coeUserToken,
  GtfApiClient,
  type GtfRequest,
  type Launch,
  personHeaders,
} from './gtf-api.client';
import { type CreatedOnWire, readCreated } from './gtf.wire';
import { readDetails, readProgress } from './result.wire';

/** How the person goes through a flow. GTF chooses what is absent. */
export type CoeFlowOrder = Omit<StartCoeFlowDto, 'consent'>;

type TokenKind = 'user' | 'partner';

/** GTF's COE family (gtf.md §3.1–3.5). */
@Injectable()
export class CoeClient {
  /** Units whose details GTF last gave to the partner token. */
  readonly #byPartnerToken = new Set<string>();

  constructor(
    private readonly accounts: GtfAccounts,
    private readonly api: GtfApiClient,
    @Inject(gtfSettings.token) private readonly settings: GtfSettings,
  ) {}

  /** Starts a flow in GTF's own SDK or web page. @throws PartnerError */
  async initiate(ids: GtfSessionIds, order: CoeFlowOrder, deadline: Deadline): Promise<Launch> {
    const operation = 'coe_initiate';
    const account = this.accounts.coe(ids.businessUnit, operation);
    return this.api.launch(coePartnerToken(account), ids, order, {
      operation,
      path: '/coe-partner/v1/initiate-flow',
      headers: { 'x-partner-session-id': ids.partnerSessionId, ...personHeaders(account, ids.userId) },
      body: initiateBody(order),
      deadline,
    });
  }

  /**
   * Creates a submission. A GET, yet it spends one of the person's attempts: never repeated once it may have arrived.
   * @throws PartnerError `refused` with `SUBMISSION_QUOTA_EXCEEDED` when the attempts are used up
   */
  async create(
    ids: GtfSessionIds,
    type: CreateCoeSubmissionDto['submissionType'],
    deadline: Deadline,
  ): Promise<CreatedOnWire> {
    const operation = 'coe_create';
    const path = `/coe/v1/submissions/urls?submissionType=${type}`;
    const created = readCreated(await this.#asUser(ids, { operation, method: 'GET', path, deadline }));
    if (created === undefined) throw unusable(of(operation), 'it names no submission or no documents');
    const { uploadHosts } = this.accounts.coe(ids.businessUnit, operation);
    if (!created.documents.every((document) => allows(uploadHosts, new URL(document.url))))
      throw unusable(of(operation), 'it wants documents sent to a host that is not allowed');
    return created;
  }

  /** Starts processing. Never repeated: after a lost answer {@link status} tells whether it took effect. */
  async confirm(ids: GtfSessionIds, partnerSubmissionId: string, deadline: Deadline): Promise<void> {
    await this.#asUser(ids, {
      operation: 'coe_confirm',
      method: 'PUT',
      path: '/coe/v1/submissions/urls',
      body: { submissionId: partnerSubmissionId },
      deadline,
    });
  }

  /** How far processing is. Only the {@link details} hold a result. */
  async status(ids: GtfSessionIds, partnerSubmissionId: string, deadline: Deadline): Promise<GtfResult> {
    const operation = 'coe_status';
    const path = `/coe/v1/submissions/${encodeURIComponent(partnerSubmissionId)}/status`;
    const data = await this.#asUser(ids, { operation, method: 'GET', path, deadline, repeatable: true });
    const status = wireText.parse(data['status']);
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
    const read = readDetails(await this.#details(ids, partnerSubmissionId, deadline));
    if (read === undefined) throw unusable(of(operation), 'there is no status in it');
    const named = read.result.partnerSubmissionId ?? partnerSubmissionId;
    const isForeign =
      (partnerSubmissionId !== null && named !== partnerSubmissionId) ||
      (read.partnerSessionId ?? ids.partnerSessionId) !== ids.partnerSessionId;
    if (isForeign) throw unusable(of(operation), 'it is about another submission');
    return { ...read.result, partnerSubmissionId: named };
  }

  /** Asks with the prescribed kind of token; else with the one that worked last, then with the other. */
  async #details(
    ids: GtfSessionIds,
    partnerSubmissionId: string | null,
    deadline: Deadline,
  ): Promise<JsonObject> {
    const operation = 'coe_details';
    const account = this.accounts.coe(ids.businessUnit, operation);
    const named = partnerSubmissionId === null ? {} : { 'x-submission-id': partnerSubmissionId };
    const ask = (kind: TokenKind, onTrial: boolean, path = '/coe/v1/submissions'): Promise<JsonObject> => {
      const isUsers = kind === 'user';
      const grant = isUsers ? coeUserToken(account, ids.userId) : coePartnerToken(account);
      const person = isUsers ? {} : personHeaders(account, ids.userId);
      const headers = { ...sessionHeaders(ids), ...named, ...person };
      const request = { operation, method: 'GET', path, headers, deadline, repeatable: true } as const;
      return this.api.call({ ...grant, onTrial }, ids, request);
    };
    const prescribed = this.settings.values.GTF_COE_DETAILS_TOKEN;
    if (prescribed === 'user') return ask('user', false);
    if (prescribed === 'partner') return ask('partner', false, '/coe-partner/v1/submissions');
    const isPartnersUsual = this.#byPartnerToken.has(account.businessUnit);
    try {
      return await ask(isPartnersUsual ? 'partner' : 'user', true);
    } catch (error) {
      if (!isTokenKindRefused(error)) throw error;
      const data = await ask(isPartnersUsual ? 'user' : 'partner', false);
      if (isPartnersUsual) this.#byPartnerToken.delete(account.businessUnit);
      else this.#byPartnerToken.add(account.businessUnit);
      return data;
    }
  }

  #asUser(ids: GtfSessionIds, request: Omit<GtfRequest, 'headers'>): Promise<JsonObject> {
    const account = this.accounts.coe(ids.businessUnit, request.operation);
    return this.api.call(coeUserToken(account, ids.userId), ids, {
      ...request,
      headers: sessionHeaders(ids),
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
