import { Injectable } from '@nestjs/common';
import {
  BasicAuthGuard,
  BasicVerifier,
  type PartnerCaller,
  type ProofDocumentation,
  type UnitCredential,
} from '../../auth';
import { BusinessUnits } from '../../business-units';

const REALM = 'otp-webhook';

/** SIMAS-ID proves itself with one of the unit's OTP webhook credentials; the credential names the unit. */
@Injectable()
export class OtpSender extends BasicAuthGuard<PartnerCaller> {
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

  constructor(units: BusinessUnits, verifier: BasicVerifier) {
    super(units, verifier, REALM, ({ otpWebhookCredentials }) => otpWebhookCredentials);
  }

  protected override callerOf({ businessUnit }: UnitCredential): PartnerCaller {
    return { kind: 'partner', businessUnit, partner: 'simas-id' };
  }
}
