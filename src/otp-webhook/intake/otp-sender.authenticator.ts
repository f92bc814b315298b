import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  basicChallenge,
  BasicVerifier,
  Authenticator,
  isBasic,
  type PartnerCaller,
  type ProofDocumentation,
  type UnitCredential,
} from '../../auth';
import { BusinessUnits } from '../../business-units';

const REALM = 'otp-webhook';

/** SIMAS-ID proves itself with one of the unit's OTP webhook credentials; the credential names the unit. */
@Injectable()
export class OtpSender extends Authenticator<PartnerCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: REALM,
      definition: {
        type: 'http',
        scheme: 'basic',
        description: "One of the unit's OTP webhook credentials (`BU_<BU>_OTP_WEBHOOK_CREDENTIALS`)",
      },
    },
    // This route has an error body of its own, see the controller.
    refusals: [],
  };

  readonly challenge = basicChallenge(REALM);
  readonly #candidates: readonly UnitCredential[];

  constructor(
    units: BusinessUnits,
    private readonly verifier: BasicVerifier,
  ) {
    super();
    this.#candidates = units.all.flatMap(({ id, otpWebhookCredentials }) =>
      otpWebhookCredentials.map((credential) => ({ businessUnit: id, credential })),
    );
  }

  override presented(request: FastifyRequest): boolean {
    return isBasic(request.headers.authorization);
  }

  override authenticate(request: FastifyRequest): PartnerCaller | Promise<never> {
    const proven = this.verifier.find(request, this.#candidates, REALM);
    if (proven === undefined) return this.verifier.refuse(request, REALM);
    return { kind: 'partner', businessUnit: proven.businessUnit, partner: 'simas-id' };
  }
}
