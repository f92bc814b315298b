import type { FaultQueue } from '../faults';
import type { GatewayAddress } from '../gateway-link';
import type { SeenRequest } from '../partner-server';
import type { TokenRequest } from './access-token';
import type { OtpRequest, SentOtp } from './otp-sender';

/** SIMAS-ID: a Keycloak realm behind `/v1/oidc`, and the sender of one-time codes. */
export interface SimasIdLab {
  readonly url: string;
  /** The exact `iss` of its tokens. */
  readonly issuer: string;
  readonly faults: FaultQueue;
  requests(pathPrefix?: string): readonly SeenRequest[];
  /** A signed access token. */
  mintToken(request: TokenRequest): string;
  /** The key that signs now. */
  currentKid(): string;
  /** A new signing key; the older ones leave the key set unless they are kept. */
  rotateKey(options: { keepOld: boolean }): Promise<void>;
  /** Ends a person's sessions: userinfo refuses their tokens from now on. The key set knows nothing of it. */
  revoke(sub: string): void;
  /** Calls the business unit's OTP webhook and says what came back. */
  sendOtp(request: OtpRequest): Promise<SentOtp>;
  connectGateway(gateway: GatewayAddress): void;
  close(): Promise<void>;
}
