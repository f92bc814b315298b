import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { labCredentials } from '../credentials';
import { invalidSivDetails } from './siv-details';
import { headerOf, Refusal, refusal, type RefusalError } from './refusal';
import { COE_FLOWS, SIV, type GtfBehaviour, type InitiatedFlow, type SubmissionType } from './state';
import type { Submissions } from './submissions';
import { demandHeaders } from './token-routes';
import type { TokenSigner } from './token-signer';

interface InitiateRouteOptions {
  readonly behaviour: GtfBehaviour;
  readonly signer: TokenSigner;
  readonly submissions: Submissions;
  readonly url: () => string;
  readonly now: () => Date;
}

interface InitiateBody {
  readonly flow?: unknown;
  readonly source?: unknown;
  readonly successRedirectionUrl?: unknown;
  readonly failureRedirectionUrl?: unknown;
  readonly additionalDetails?: unknown;
}
type InitiateRequest = FastifyRequest<{ Body: InitiateBody | null }>;

/** Where a journey in GTF's SDK or web page begins (gtf.md §3.1). */
export function registerInitiateRoutes(app: FastifyInstance, options: InitiateRouteOptions): void {
  app.post<{ Body: InitiateBody | null }>('/coe-partner/v1/initiate-flow', (request) => {
    const claims = options.signer.verify(headerOf(request, 'x-onekyc-token'), ['coe-partner']);
    if (claims === undefined) throw refusal(401, '110', 'UNAUTHORIZED');
    demandHeaders(request, {
      'x-onboarding-partner': { code: '1539', cause: 'COE_PARTNER_CAN_NOT_BE_EMPTY' },
      ...USER_HEADERS,
    });
    demandOnboardingPartner(request, labCredentials(claims.unit).gtf.coeOnboardingPartner);
    return { success: true, data: initiate(request, claims.unit, COE_FLOWS, options) };
  });

  app.post<{ Body: InitiateBody | null }>('/esign-partner/v1/initiate-flow', (request) => {
    const claims = options.signer.verify(headerOf(request, 'x-onekyc-token'), ['esign-partner']);
    if (claims === undefined) throw refusal(401, '110', 'UNAUTHORIZED', 'ESIGN_ADAPTER');
    if (onboardingPartnerOf(request) === '') {
      throw refusal(400, '1650', 'ESIGN_ONBOARDING_PARTNER_CAN_NOT_BE_EMPTY');
    }
    demandHeaders(request, USER_HEADERS);
    demandOnboardingPartner(request, labCredentials(claims.unit).gtf.sivOnboardingPartner);
    return { success: true, data: initiate(request, claims.unit, [SIV], options, invalidSivDetails) };
  });
}

const USER_HEADERS: Readonly<Record<string, RefusalError>> = {
  'x-partner-user-id': { code: '1539', cause: 'PARTNER_USER_ID_CAN_NOT_BE_EMPTY' },
  'x-partner-user-id-type': { code: '1539', cause: 'PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY' },
  'x-partner-session-id': { code: '1539', cause: 'PARTNER_SESSION_ID_CANNOT_BE_EMPTY' },
};

/** The guide and other esign pages name the header differently (§3.1). */
function onboardingPartnerOf(request: InitiateRequest): string {
  return headerOf(request, 'x-onboarding-partner') || headerOf(request, 'x-esign-onboarding-partner');
}

function demandOnboardingPartner(request: InitiateRequest, expected: string): void {
  if (onboardingPartnerOf(request) !== expected) {
    throw refusal(403, '110', 'ONBOARDING_PARTNER_DOES_NOT_BELONG_TO_CLIENT');
  }
}

function initiate(
  request: InitiateRequest,
  unit: string,
  types: readonly SubmissionType[],
  options: InitiateRouteOptions,
  invalidDetails: (details: unknown) => readonly string[] = () => [],
): Record<string, unknown> {
  const body = request.body ?? {};
  const type = types.find((known) => known === body.flow);
  const source = (['SDK', 'WEB_SDK'] as const).find((known) => known === body.source);
  const [success, failure] = [webUrl(body.successRedirectionUrl), webUrl(body.failureRedirectionUrl)];
  const causes = [
    ...(type === undefined ? ['INVALID_FLOW'] : []),
    ...(source === undefined ? ['INVALID_SOURCE'] : []),
    // Required for WEB_SDK; the cause's name is not published (assumed).
    ...(source === 'WEB_SDK' && (success === '' || failure === '') ? ['INVALID_REDIRECTION_URL'] : []),
    ...invalidDetails(body.additionalDetails),
  ];
  const partnerSessionId = headerOf(request, 'x-partner-session-id');
  const known = options.submissions.flow(
    (flow) => flow.unit === unit && flow.partnerSessionId === partnerSessionId,
  );
  if (known !== undefined) causes.push('DUPLICATE_PARTNER_SESSION_ID');
  if (causes.length > 0 || type === undefined || source === undefined) {
    throw new Refusal(
      400,
      causes.map((cause) => ({ code: '1539', cause })),
    );
  }
  const seconds = options.behaviour.lifetimes.flow;
  const flow: InitiatedFlow = {
    unit,
    userId: headerOf(request, 'x-partner-user-id'),
    userIdType: headerOf(request, 'x-partner-user-id-type'),
    type,
    source,
    partnerSessionId,
    launchId: randomUUID(),
    successRedirectionUrl: success,
    failureRedirectionUrl: failure,
    details: body.additionalDetails,
    expiresAtMs: options.now().getTime() + seconds * 1000,
    submissionId: null,
  };
  options.submissions.addFlow(flow);
  return launchData(flow, seconds, options);
}

/** camelCase here and snake_case on the token pages, still strings (§3.1). */
function launchData(
  flow: InitiatedFlow,
  seconds: number,
  options: InitiateRouteOptions,
): Record<string, unknown> {
  const expiresAt = Math.floor(flow.expiresAtMs / 1000);
  const { unit, userId, userIdType } = flow;
  return {
    ...(flow.source === 'SDK'
      ? { token: options.signer.sign('sdk', { unit, userId, userIdType }, seconds) }
      : { launchUrl: `${options.url()}/web/${flow.launchId}` }),
    ...(options.behaviour.quirks
      ? { expirySeconds: String(seconds), expiresAt: String(expiresAt) }
      : { expirySeconds: seconds, expiresAt }),
  };
}

function webUrl(value: unknown): string {
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value) ? value : '';
}
