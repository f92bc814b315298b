import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ObjectStorage } from './object-storage';
import { headerOf, Refusal, refusal } from './refusal';
import { COE_TYPES, type GtfBehaviour, type GtfSubmission, type PartnerUser } from './state';
import type { Submissions } from './submissions';
import type { TokenSigner } from './token-signer';

interface CoeRouteOptions {
  readonly behaviour: GtfBehaviour;
  readonly signer: TokenSigner;
  readonly storage: ObjectStorage;
  readonly submissions: Submissions;
}

/** Presigned URLs, confirm and status with the user token (gtf.md §3.2–3.4). */
export function registerCoeRoutes(app: FastifyInstance, options: CoeRouteOptions): void {
  const { submissions } = options;

  app.get<{ Querystring: { submissionType?: string } }>('/coe/v1/submissions/urls', (request) => {
    const user = userOf(request, options.signer);
    demandSession(request, 'COE_PARTNER_CAN_NOT_BE_EMPTY');
    const type = COE_TYPES.find((known) => known === request.query.submissionType);
    if (type === undefined) throw refusal(400, '1542', 'INVALID_SUBMISSION_TYPE');
    const attempts = submissions.all().filter((one) => isOwner(one, user)).length;
    if (attempts >= options.behaviour.attemptsPerUser) throw refusal(429, '429', 'SUBMISSION_QUOTA_EXCEEDED');
    const submission = submissions.create(user, type, headerOf(request, 'x-partner-session-id'));
    const { id, status } = submission;
    return { success: true, data: { submissionId: id, status, documents: uploadsOf(submission, options) } };
  });

  app.put<{ Body: { submissionId?: unknown } | null }>('/coe/v1/submissions/urls', (request) => {
    const user = userOf(request, options.signer);
    demandSession(request, 'X_SDK_SESSION_ID_CAN_NOT_BE_EMPTY');
    const id = request.body?.submissionId;
    if (typeof id !== 'string' || id === '') throw refusal(400, '1542', 'INVALID_CONFIRM_UPLOAD_REQUEST');
    const submission = submissions.byId(id);
    if (submission === undefined) throw refusal(404, '404', 'SUBMISSION_DOES_NOT_EXIST');
    demandOwn(request, submission, user);
    if (submission.status !== 'INITIATED') throw refusal(409, '409', 'SUBMISSION_STATE_CONFLICT');
    const complete = Object.values(submission.documents).every(
      (document) => document.status === 'UPLOADED' && document.isImage,
    );
    if (!complete) throw refusal(422, '422', 'INVALID_UPLOAD_ARTIFACT');
    submissions.process(submission);
    return { success: true, data: { submissionId: id } };
  });

  app.get<{ Params: { id: string } }>('/coe/v1/submissions/:id/status', (request) => {
    const user = userOf(request, options.signer);
    demandSession(request, 'COE_PARTNER_CAN_NOT_BE_EMPTY');
    const { id } = request.params;
    if (!/^[\w-]+$/.test(id)) throw refusal(400, '1541', 'INVALID_SUBMISSION_ID');
    const submission = submissions.byId(id);
    if (submission === undefined) throw refusal(404, '1543', 'SUBMISSION_DOES_NOT_EXIST');
    demandOwn(request, submission, user);
    return { success: true, data: statusOf(submission) };
  });
}

/** @throws Refusal 401 without a living user token. */
function userOf(request: FastifyRequest, signer: TokenSigner): PartnerUser {
  const claims = signer.verify(headerOf(request, 'x-onekyc-token'), ['coe-user']);
  if (claims?.userId === undefined || claims.userIdType === undefined)
    throw refusal(401, '110', 'UNAUTHORIZED');
  return { unit: claims.unit, userId: claims.userId, userIdType: claims.userIdType };
}

function demandSession(request: FastifyRequest, causeWithoutSdkSession: string): void {
  const errors: { code: string; cause: string }[] = [];
  if (headerOf(request, 'x-sdk-session-id') === '')
    errors.push({ code: '1539', cause: causeWithoutSdkSession });
  if (headerOf(request, 'x-partner-session-id') === '') {
    errors.push({ code: '1539', cause: 'PARTNER_SESSION_ID_CANNOT_BE_EMPTY' });
  }
  if (errors.length > 0) throw new Refusal(400, errors);
}

export function isOwner(submission: GtfSubmission, user: PartnerUser): boolean {
  return (
    submission.unit === user.unit &&
    submission.userId === user.userId &&
    submission.userIdType === user.userIdType
  );
}

function demandOwn(request: FastifyRequest, submission: GtfSubmission, user: PartnerUser): void {
  const sameSession = submission.partnerSessionId === headerOf(request, 'x-partner-session-id');
  if (!isOwner(submission, user) || !sameSession) throw refusal(403, '110', 'FORBIDDEN');
}

/** The expiry is a string here (§3.2). */
function uploadsOf(
  submission: GtfSubmission,
  { behaviour, storage }: CoeRouteOptions,
): Record<string, unknown> {
  const seconds = behaviour.lifetimes.uploadUrl;
  return Object.fromEntries(
    Object.entries(submission.documents).map(([key, { reference }]) => [
      key,
      {
        documentUrl: storage.presign('PUT', submission, key, seconds),
        documentReference: reference,
        expiryInSeconds: behaviour.quirks ? String(seconds) : seconds,
      },
    ]),
  );
}

function statusOf(submission: GtfSubmission): Record<string, unknown> {
  const { id, status, type, result, createdAt, processedAt } = submission;
  const approved = result === 'VALID';
  return {
    submissionId: id,
    status,
    submissionType: type,
    createdAt,
    completedAt: processedAt,
    verificationResult:
      result === null
        ? null
        : { isApproved: approved, riskLevel: approved ? 'LOW' : 'HIGH', confidence: approved ? '95' : '20' },
    ...(status === 'ERROR' ? { errorMessage: 'Verification failed' } : {}),
    documents: Object.fromEntries(
      Object.entries(submission.documents).map(([key, document]) => [
        key,
        {
          status: document.status,
          documentReference: document.status === 'PENDING' ? null : document.reference,
        },
      ]),
    ),
  };
}
