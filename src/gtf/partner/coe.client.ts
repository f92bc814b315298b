import { Inject, Injectable } from '@nestjs/common';
import { allows, PartnerError, type PartnerRequest } from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import type { Finding } from '../results/gtf-result';
import { type CoeAccount, GtfAccounts } from '../gtf-accounts.service';
import { type GtfSettings, gtfSettings } from '../gtf.settings';
import { type CoeSubmissionType, type Journey, originOf } from '../sessions/gtf-session';
import { type Asked, readAnswer, unusable } from './answer';
import { type CreatedOnWire, readCreated } from './coe.wire';
import { type JsonObject, wireText } from './envelope.wire';
import { GtfDoors } from './gtf-doors';
import { GtfTokens, type TokenGrant } from './gtf-tokens';
import { readProgress, readResult } from './result.wire';

const PARTNER = 'GTF COE';

type DetailsToken = 'user' | 'partner';

/** A new submission at GTF and where its documents go. */
export type CreatedSubmission = CreatedOnWire;

/** GTF's COE family (gtf.md §3.2–3.5). Calls carry a user token and the journey's ids. */
@Injectable()
export class CoeClient {
  /** Units whose details GTF last gave to the partner token. */
  readonly #byPartnerToken = new Set<string>();

  constructor(
    private readonly accounts: GtfAccounts,
    private readonly tokens: GtfTokens,
    private readonly doors: GtfDoors,
    private readonly clock: Clock,
    @Inject(gtfSettings.token) private readonly settings: GtfSettings,
  ) {}

  /**
   * Creates a submission. A GET, yet it spends one of the person's attempts: never repeated once it may have arrived.
   * @throws PartnerError `refused` with `SUBMISSION_QUOTA_EXCEEDED` when the attempts are used up
   */
  async create(journey: Journey, type: CoeSubmissionType, deadline: Deadline): Promise<CreatedSubmission> {
    const asked: Asked = { partner: PARTNER, operation: 'coe_create' };
    const account = this.accounts.coe(journey.businessUnit, asked.operation);
    const url = `${account.baseUrl}/coe/v1/submissions/urls?submissionType=${type}`;
    const data = await this.#asUser(asked, account, journey, { method: 'GET', url, deadline });
    const created = readCreated(data);
    if (created === undefined) throw unusable(asked, 'it names no submission or no documents');
    if (!created.documents.every((document) => allows(account.uploadHosts, new URL(document.url))))
      throw unusable(asked, 'it wants documents sent to a host that is not allowed');
    return created;
  }

  /** Starts processing. Never repeated: after a lost answer ask {@link status}. */
  async confirm(journey: Journey, partnerSubmissionId: string, deadline: Deadline): Promise<void> {
    const asked: Asked = { partner: PARTNER, operation: 'coe_confirm' };
    const account = this.accounts.coe(journey.businessUnit, asked.operation);
    await this.#asUser(asked, account, journey, {
      method: 'PUT',
      url: `${account.baseUrl}/coe/v1/submissions/urls`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ submissionId: partnerSubmissionId }),
      deadline,
    });
  }

  /** How far processing is. What it decided is in the {@link details} alone: this never finds a result. */
  async status(journey: Journey, partnerSubmissionId: string, deadline: Deadline): Promise<Finding> {
    const asked: Asked = { partner: PARTNER, operation: 'coe_status' };
    const account = this.accounts.coe(journey.businessUnit, asked.operation);
    const url = `${account.baseUrl}/coe/v1/submissions/${encodeURIComponent(partnerSubmissionId)}/status`;
    const data = await this.#asUser(asked, account, journey, {
      method: 'GET',
      url,
      deadline,
      repeatable: true,
    });
    const status = wireText.parse(data['status']);
    if (status === null) throw unusable(asked, 'there is no status in it');
    const progress = readProgress(status);
    return { ...progress, partnerSubmissionId };
  }

  /**
   * What GTF found out. The pages disagree on the token: by default the user's, then the partner's (gtf.md §7.10).
   * @param partnerSubmissionId null while GTF has not named it: then the session is asked about
   */
  async details(journey: Journey, partnerSubmissionId: string | null, deadline: Deadline): Promise<Finding> {
    const asked: Asked = { partner: PARTNER, operation: 'coe_details' };
    const account = this.accounts.coe(journey.businessUnit, asked.operation);
    const data = await this.#detailsWith(asked, account, journey, partnerSubmissionId, deadline);
    const read = readResult(data);
    if (read === undefined) throw unusable(asked, 'there is no status in it');
    const { finding, partnerSessionId } = read;
    const named = finding.partnerSubmissionId ?? partnerSubmissionId;
    const foreign =
      (partnerSubmissionId !== null && named !== partnerSubmissionId) ||
      (partnerSessionId ?? journey.partnerSessionId) !== journey.partnerSessionId;
    if (foreign) throw unusable(asked, 'it is about another submission');
    return { ...finding, partnerSubmissionId: named };
  }

  async #detailsWith(
    asked: Asked,
    account: CoeAccount,
    journey: Journey,
    partnerSubmissionId: string | null,
    deadline: Deadline,
  ): Promise<JsonObject> {
    const request = {
      method: 'GET',
      headers: {
        ...journeyHeaders(journey),
        ...(partnerSubmissionId === null ? {} : { 'x-submission-id': partnerSubmissionId }),
      },
      deadline,
      repeatable: true,
      origin: originOf(journey),
    } as const;
    const user = this.tokens.coeUser(account, journey.userId);
    const partner = this.tokens.coePartner(account);
    const asUser = (grant = user): Promise<JsonObject> =>
      this.#send(asked, grant, { ...request, url: `${account.baseUrl}/coe/v1/submissions` });
    const asPartner = (path: string, grant = partner): Promise<JsonObject> =>
      this.#send(asked, grant, {
        ...request,
        url: `${account.baseUrl}${path}`,
        headers: { ...request.headers, ...partnerHeaders(account, journey) },
      });
    switch (this.settings.values.GTF_COE_DETAILS_TOKEN) {
      case 'user':
        return asUser();
      case 'partner':
        return asPartner('/coe-partner/v1/submissions');
      case 'auto':
        return this.#either(account.businessUnit, {
          user: (onTrial) => asUser({ ...user, onTrial }),
          partner: (onTrial) => asPartner('/coe/v1/submissions', { ...partner, onTrial }),
        });
    }
  }

  /** Asks with the kind of token that worked last, then with the other. */
  async #either(
    unit: string,
    ask: Readonly<Record<DetailsToken, (onTrial: boolean) => Promise<JsonObject>>>,
  ): Promise<JsonObject> {
    const [usual, other] = this.#byPartnerToken.has(unit)
      ? (['partner', 'user'] as const)
      : (['user', 'partner'] as const);
    try {
      return await ask[usual](true);
    } catch (error) {
      if (!isTokenKindRefused(error)) throw error;
      const answer = await ask[other](false);
      if (other === 'partner') this.#byPartnerToken.add(unit);
      else this.#byPartnerToken.delete(unit);
      return answer;
    }
  }

  #asUser(
    asked: Asked,
    account: CoeAccount,
    journey: Journey,
    request: Omit<PartnerRequest, 'operation'> & { readonly deadline: Deadline },
  ): Promise<JsonObject> {
    const headers = { ...journeyHeaders(journey), ...request.headers };
    const origin = originOf(journey);
    return this.#send(asked, this.tokens.coeUser(account, journey.userId), { ...request, origin, headers });
  }

  #send(
    asked: Asked,
    grant: TokenGrant,
    request: Omit<PartnerRequest, 'operation'> & { readonly deadline: Deadline },
  ): Promise<JsonObject> {
    return this.tokens.use(grant, request.deadline, async (token) => {
      const headers = { ...request.headers, 'x-onekyc-token': token };
      const response = await this.doors.coe.send({ ...request, operation: asked.operation, headers });
      return readAnswer(asked, response, this.clock.now());
    });
  }
}

function isTokenKindRefused(error: unknown): boolean {
  return error instanceof PartnerError && (error.httpStatus === 401 || error.httpStatus === 403);
}

function journeyHeaders({ sdkSessionId, partnerSessionId }: Journey): Readonly<Record<string, string>> {
  return { 'x-sdk-session-id': sdkSessionId, 'x-partner-session-id': partnerSessionId };
}

function partnerHeaders(account: CoeAccount, journey: Journey): Readonly<Record<string, string>> {
  return {
    'x-onboarding-partner': account.onboardingPartner,
    'x-partner-user-id': journey.userId,
    'x-partner-user-id-type': account.userIdType,
  };
}
