import type { FastifyInstance, FastifyRequest } from 'fastify';
import { labCredentials } from '../credentials';
import { headerOf, Refusal, refusal, type RefusalError } from './refusal';
import type { GtfBehaviour } from './state';
import type { TokenSigner } from './token-signer';

const TOKEN_SERVICE = 'ONEKYC_TOKEN_SERVICE';

interface TokenRouteOptions {
  readonly units: readonly string[];
  readonly behaviour: GtfBehaviour;
  readonly signer: TokenSigner;
  readonly now: () => Date;
}

/** The three token calls (gtf.md §2): GET without a body, credentials in headers. */
export function registerTokenRoutes(app: FastifyInstance, options: TokenRouteOptions): void {
  const { behaviour, signer } = options;

  app.get('/v1/coe/partner/authentication', (request) => {
    demandHeaders(request, {
      'client-id': { code: '1539', cause: 'CLIENT_ID_CAN_NOT_BE_EMPTY' },
      'pass-key': { code: '1539', cause: 'PASS_KEY_CAN_NOT_BE_EMPTY' },
    });
    const unit = unitOf(request, options.units);
    if (unit === undefined) throw refusal(401, '110', 'UNAUTHORIZED');
    const seconds = behaviour.lifetimes.coePartnerToken;
    return {
      success: true,
      data: tokenData(signer.sign('coe-partner', { unit }, seconds), seconds, options),
    };
  });

  app.get('/v1/esign/partner/authentication', (request) => {
    demandHeaders(request, {
      'client-id': { code: '1650', cause: 'MISSING_CLIENT_ID' },
      'pass-key': { code: '1650', cause: 'MISSING_PASS_KEY' },
    });
    const unit = unitOf(request, options.units);
    if (unit === undefined) throw refusal(401, '110', 'UNAUTHORIZED');
    const seconds = behaviour.lifetimes.esignPartnerToken;
    return {
      success: true,
      data: tokenData(signer.sign('esign-partner', { unit }, seconds), seconds, options),
    };
  });

  app.get('/v2/coe/authentication', (request) => {
    const missingKeys = { code: 1539, cause: 'MISSING_CLIENT_ID_OR_PASS_KEY', entity: TOKEN_SERVICE };
    demandHeaders(request, { 'client-id': missingKeys, 'pass-key': missingKeys });
    const unit = unitOf(request, options.units);
    if (unit === undefined) throw refusal(401, 110, 'UNAUTHORIZED', TOKEN_SERVICE);
    // Causes of these three are not published for this endpoint; the esign ones are assumed (§3.1).
    demandHeaders(request, {
      'x-onboarding-partner': missing('ONBOARDING_PARTNER_CAN_NOT_BE_EMPTY'),
      'x-partner-user-id': missing('PARTNER_USER_ID_CAN_NOT_BE_EMPTY'),
      'x-partner-user-id-type': missing('PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY'),
    });
    if (headerOf(request, 'x-onboarding-partner') !== labCredentials(unit).gtf.coeOnboardingPartner) {
      throw refusal(403, 110, 'ONBOARDING_PARTNER_DOES_NOT_BELONG_TO_CLIENT', TOKEN_SERVICE);
    }
    const seconds = behaviour.lifetimes.coeUserToken;
    const claims = {
      unit,
      userId: headerOf(request, 'x-partner-user-id'),
      userIdType: headerOf(request, 'x-partner-user-id-type'),
    };
    return { success: true, data: tokenData(signer.sign('coe-user', claims, seconds), seconds, options) };
  });
}

function missing(cause: string): RefusalError {
  return { code: 1539, cause, entity: TOKEN_SERVICE };
}

/** @throws Refusal 400 with one error for each cause, several at once when several headers are missing. */
export function demandHeaders(
  request: FastifyRequest,
  required: Readonly<Record<string, RefusalError>>,
): void {
  const absent = Object.entries(required).filter(([name]) => headerOf(request, name) === '');
  const errors = [...new Map(absent.map(([, error]) => [error.cause, error])).values()];
  if (errors.length > 0) throw new Refusal(400, errors);
}

function unitOf(request: FastifyRequest, units: readonly string[]): string | undefined {
  return units.find((unit) => {
    const { clientId, passKey } = labCredentials(unit).gtf;
    return headerOf(request, 'client-id') === clientId && headerOf(request, 'pass-key') === passKey;
  });
}

/** snake_case and strings on the token pages (§2); epoch seconds. */
function tokenData(
  token: string,
  seconds: number,
  { behaviour, now }: TokenRouteOptions,
): Record<string, unknown> {
  const expiresAt = Math.floor(now().getTime() / 1000) + seconds;
  return behaviour.quirks
    ? { token, expiry_seconds: String(seconds), expires_at: String(expiresAt) }
    : { token, expirySeconds: seconds, expiresAt };
}
