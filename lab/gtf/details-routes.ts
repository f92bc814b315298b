import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isOwner } from './coe-routes';
import { headerOf, Refusal, refusal } from './refusal';
import type { Results } from './results';
import { SIV, type GtfBehaviour, type GtfSubmission, type PartnerUser } from './state';
import type { Submissions } from './submissions';
import { demandHeaders } from './token-routes';
import type { TokenAudience, TokenClaims, TokenSigner } from './token-signer';

interface DetailsRouteOptions {
  readonly behaviour: GtfBehaviour;
  readonly signer: TokenSigner;
  readonly results: Results;
  readonly submissions: Submissions;
}

/** Submission details of both families (gtf.md §3.5). */
export function registerDetailsRoutes(app: FastifyInstance, options: DetailsRouteOptions): void {
  const { behaviour, results, submissions } = options;
  const wrapped = (data: Record<string, unknown>): Record<string, unknown> =>
    behaviour.bareDetails ? data : { success: true, data };

  app.get('/coe/v1/submissions', (request) => {
    const claims = demandCoeToken(request, options, coeAudiences(behaviour));
    return wrapped(results.coe(findCoe(request, claims, submissions)));
  });

  app.get('/coe-partner/v1/submissions', (request) => {
    const { unit } = demandCoeToken(request, options, ['coe-partner']);
    demandHeaders(request, {
      'x-onboarding-partner': { code: 1550, cause: 'ONBOARDING_PARTNER_CAN_NOT_BE_EMPTY' },
      'x-partner-user-id': { code: 1550, cause: 'PARTNER_USER_ID_CAN_NOT_BE_EMPTY' },
      'x-partner-user-id-type': { code: 1550, cause: 'PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY' },
    });
    return wrapped(results.coe(findCoe(request, { unit, ...userHeaders(request) }, submissions)));
  });

  app.get('/esign-partner/v1/submissions', (request) => {
    const claims = options.signer.verify(headerOf(request, 'x-onekyc-token'), ['esign-partner']);
    if (claims === undefined) throw refusal(401, '110', 'UNAUTHORIZED', 'ESIGN_ADAPTER');
    demandHeaders(request, {
      'x-partner-user-id': { code: '1539', cause: 'PARTNER_USER_ID_CAN_NOT_BE_EMPTY' },
      'x-partner-user-id-type': { code: '1539', cause: 'PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY' },
      'x-partner-session-id': { code: '1539', cause: 'PARTNER_SESSION_ID_CANNOT_BE_EMPTY' },
    });
    return wrapped(
      results.siv(findSiv(request, { unit: claims.unit, ...userHeaders(request) }, submissions)),
    );
  });
}

function coeAudiences({ coeDetailsToken }: GtfBehaviour): readonly TokenAudience[] {
  switch (coeDetailsToken) {
    case 'user':
      return ['coe-user'];
    case 'partner':
      return ['coe-partner'];
    case 'either':
      return ['coe-user', 'coe-partner'];
  }
}

/** The specification shows this 401 with code 1539, the error-code page with 110 (§3.5). */
function demandCoeToken(
  request: FastifyRequest,
  { signer, behaviour }: DetailsRouteOptions,
  audiences: readonly TokenAudience[],
): TokenClaims {
  const claims = signer.verify(headerOf(request, 'x-onekyc-token'), audiences);
  if (claims !== undefined) return claims;
  throw new Refusal(401, [{ code: behaviour.quirks ? 1539 : 110, cause: 'UNAUTHORIZED' }], null);
}

function userHeaders(request: FastifyRequest): Pick<PartnerUser, 'userId' | 'userIdType'> {
  return {
    userId: headerOf(request, 'x-partner-user-id'),
    userIdType: headerOf(request, 'x-partner-user-id-type'),
  };
}

function findCoe(request: FastifyRequest, claims: TokenClaims, submissions: Submissions): GtfSubmission {
  const id = headerOf(request, 'x-submission-id');
  const session = headerOf(request, 'x-partner-session-id');
  if (id === '' && session === '') throw refusal(400, 1550, 'PARTNER_USER_ID_CAN_NOT_BE_EMPTY');
  const found = id === '' ? submissions.latestOf(claims.unit, session) : submissions.byId(id);
  if (found === undefined || found.unit !== claims.unit || found.type === SIV) {
    throw refusal(400, 1552, 'SUBMISSION_DOES_NOT_EXIST');
  }
  const { unit, userId, userIdType } = claims;
  const foreign =
    userId !== undefined && userIdType !== undefined && !isOwner(found, { unit, userId, userIdType });
  if (foreign || (session !== '' && found.partnerSessionId !== session)) {
    throw refusal(400, 1553, 'PARTNER_SESSION_ID_DOES_NOT_BELONG_TO_THE_USER');
  }
  return found;
}

/** Before the person has opened the page there is no submission yet; what GTF says then is not published (assumed 1518). */
function findSiv(request: FastifyRequest, user: PartnerUser, submissions: Submissions): GtfSubmission {
  const session = headerOf(request, 'x-partner-session-id');
  const isOfUser = (one: PartnerUser): boolean =>
    one.unit === user.unit && one.userId === user.userId && one.userIdType === user.userIdType;
  if (submissions.flow(isOfUser) === undefined) {
    throw new Refusal(
      404,
      [{ code: '1514', cause: 'USER_NOT_FOUND_FOR_PARTNER_AND_PARTNER_USER_ID_AND_PARTNER_USER_ID_TYPE' }],
      {},
    );
  }
  const found = submissions.latestOf(user.unit, session);
  if (found === undefined) throw new Refusal(404, [{ code: '1518', cause: 'USER_NOT_FOUND' }], {});
  if (!isOfUser(found) || found.type !== SIV) {
    throw new Refusal(400, [{ code: '1653', cause: 'SUBMISSION_ID_DOES_NOT_BELONG_TO_CURRENT_USER' }], null);
  }
  return found;
}
