import { Inject, Injectable } from '@nestjs/common';
import { allows, PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import type { CreateCoeSubmissionDto } from '../coe/coe-submission.dto';
import { GtfAccounts } from '../gtf-accounts.service';
import type { GtfSessionIds } from '../gtf.entity';
import { type GtfSettings, gtfSettings } from '../gtf.settings';
import type { StartCoeFlowDto } from '../hosted-flows/hosted-flow.dto';
import type { GtfResult } from '../results/gtf-result';
import { type JsonObject, wireText } from './envelope.wire';
import { GtfApiClient, type GtfCall, type Launch } from './gtf-api.client';
import { type CreatedOnWire, readCreated } from './gtf.wire';
import { readDetails, readProgress } from './result.wire';

/** How the person goes through a flow. GTF chooses what is absent. */
export type CoeFlowOrder = Omit<StartCoeFlowDto, 'consent'>;

type CoeCall = Pick<GtfCall, 'operation' | 'path' | 'deadline'> & Partial<GtfCall>;

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
  initiate(ids: GtfSessionIds, order: CoeFlowOrder, deadline: Deadline): Promise<Launch> {
    const { flow, source, successRedirectionUrl, failureRedirectionUrl, theme, ...additionalDetails } = order;
    const operation = 'coe_initiate';
    return this.api.launch(source, {
      account: this.accounts.demand('coe', ids.businessUnit, operation),
      token: 'coe_partner_token',
      ids,
      operation,
      path: '/coe-partner/v1/initiate-flow',
      body: { flow, source, successRedirectionUrl, failureRedirectionUrl, theme, additionalDetails },
      deadline,
    });
  }

  /**
   * Creates a submission. A GET, yet it spends one of the person's attempts: never repeated once it may have arrived.
   * @param now what the addresses' lives count from
   * @throws PartnerError `refused` with `SUBMISSION_QUOTA_EXCEEDED` when the attempts are used up
   */
  async create(
    ids: GtfSessionIds,
    type: CreateCoeSubmissionDto['submissionType'],
    deadline: Deadline,
    now: Date,
  ): Promise<CreatedOnWire> {
    const operation = 'coe_create';
    const path = `/coe/v1/submissions/urls?submissionType=${type}`;
    const created = readCreated(await this.#call(ids, { operation, path, deadline }), now);
    if (created === undefined) throw unusable(operation, 'it names no submission or no documents');
    if (!created.documents.every(({ uploadUrl }) => allows(this.accounts.uploadHosts, new URL(uploadUrl))))
      throw unusable(operation, 'it wants documents sent to a host that is not allowed');
    return created;
  }

  /** Starts processing. Never repeated: after a lost answer {@link status} tells whether it took effect. */
  async confirm(ids: GtfSessionIds, submissionId: string, deadline: Deadline): Promise<void> {
    const path = '/coe/v1/submissions/urls';
    await this.#call(ids, {
      operation: 'coe_confirm',
      method: 'PUT',
      path,
      body: { submissionId },
      deadline,
    });
  }

  /** How far processing is. Only the {@link details} hold a result. */
  async status(ids: GtfSessionIds, partnerSubmissionId: string, deadline: Deadline): Promise<GtfResult> {
    const operation = 'coe_status';
    const path = `/coe/v1/submissions/${encodeURIComponent(partnerSubmissionId)}/status`;
    const data = await this.#call(ids, { operation, path, deadline, repeatable: true });
    const status = wireText.parse(data['status']);
    if (status === null) throw unusable(operation, 'there is no status in it');
    return { ...readProgress(status), partnerSubmissionId };
  }

  /**
   * GTF's result.
   * @param partnerSubmissionId null while GTF has not named it: then the session is asked about
   */
  async details(
    ids: GtfSessionIds,
    partnerSubmissionId: string | null,
    deadline: Deadline,
  ): Promise<GtfResult> {
    const operation = 'coe_details';
    const path = '/coe/v1/submissions';
    const headers = partnerSubmissionId === null ? {} : { 'x-submission-id': partnerSubmissionId };
    const call = { operation, path, headers, deadline, repeatable: true };
    const read = readDetails(await this.#byEitherToken(ids, call));
    if (read === undefined) throw unusable(operation, 'there is no status in it');
    const named = read.result.partnerSubmissionId ?? partnerSubmissionId;
    const isOwn =
      named === (partnerSubmissionId ?? named) &&
      (read.partnerSessionId ?? ids.partnerSessionId) === ids.partnerSessionId;
    if (!isOwn) throw unusable(operation, 'it is about another submission');
    return { ...read.result, partnerSubmissionId: named };
  }

  /** GTF's pages disagree on the token: unless one is prescribed, the one that worked last is tried, then the other (gtf.md §7.10). */
  async #byEitherToken(ids: GtfSessionIds, call: CoeCall): Promise<JsonObject> {
    switch (this.settings.values.GTF_COE_DETAILS_TOKEN) {
      case 'user':
        return this.#call(ids, call);
      case 'partner':
        return this.#call(ids, { ...call, token: 'coe_partner_token', path: '/coe-partner/v1/submissions' });
      case 'auto': {
        const { businessUnit } = ids;
        const [usual, other] = this.#byPartnerToken.has(businessUnit)
          ? (['coe_partner_token', 'coe_user_token'] as const)
          : (['coe_user_token', 'coe_partner_token'] as const);
        try {
          return await this.#call(ids, { ...call, token: usual, onTrial: true });
        } catch (error) {
          if (!isTokenKindRefused(error)) throw error;
          const data = await this.#call(ids, { ...call, token: other });
          if (other === 'coe_partner_token') this.#byPartnerToken.add(businessUnit);
          else this.#byPartnerToken.delete(businessUnit);
          return data;
        }
      }
    }
  }

  /** By default a GET with the person's own token. */
  #call(ids: GtfSessionIds, { headers, ...call }: CoeCall): Promise<JsonObject> {
    return this.api.call({
      account: this.accounts.demand('coe', ids.businessUnit, call.operation),
      token: 'coe_user_token',
      ids,
      method: 'GET',
      headers: { ...headers, 'x-sdk-session-id': ids.sdkSessionId },
      ...call,
    });
  }
}

function unusable(operation: string, hint: string): PartnerError {
  return new PartnerError('GTF COE', operation, 'error', { hint });
}

function isTokenKindRefused(error: unknown): boolean {
  return error instanceof PartnerError && (error.httpStatus === 401 || error.httpStatus === 403);
}
