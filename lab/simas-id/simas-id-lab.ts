import type { GatewayAddress } from '../gateway-link';
import type { PageLink } from '../html';
import { PartnerServer, type PartnerOptions } from '../partner-server';
import { Snapshot } from '../snapshot';
import { accessTokenClaims, type TokenRequest } from './access-token';
import { KeyRing, type StoredKeys } from './key-ring';
import { oidcRoutes } from './oidc-routes';
import { sendOtp, type OtpRequest, type SentOtp } from './otp-sender';
import { personRoutes } from './person-routes';

export interface SimasIdOptions extends PartnerOptions {
  /** The lab's other pages. */
  readonly links: () => readonly PageLink[];
}

interface StoredRealm {
  keys: StoredKeys;
  /** Sessions that were ended, by `sid`, or by `sub` all of a person's. */
  revoked: string[];
}

/** SIMAS-ID: a Keycloak realm with its log-in, its keys and userinfo behind `/v1/oidc`, and the sender of one-time codes. */
export class SimasIdLab extends PartnerServer {
  #gateway: GatewayAddress | undefined;

  private constructor(
    private readonly options: SimasIdOptions,
    private readonly stored: Snapshot<StoredRealm>,
    private readonly keys: KeyRing,
  ) {
    super();
    const { units, now, links } = options;
    const { revoked } = stored.value;
    oidcRoutes(this.app, {
      ...{ keys, units, now },
      issuer: () => this.issuer,
      isEnded: ({ sub, sid }) =>
        typeof sub !== 'string' || revoked.includes(sub) || revoked.includes(String(sid)),
      end: (sid) => this.revoke(sid),
    });
    personRoutes(this.app, { realm: this, units, links });
  }

  static async open(options: SimasIdOptions): Promise<SimasIdLab> {
    const empty: StoredRealm = { keys: { signing: [], encryption: [] }, revoked: [] };
    const stored = new Snapshot(options.snapshotFile, empty);
    const keys = await KeyRing.open(stored.value.keys);
    stored.touch();
    return new SimasIdLab(options, stored, keys);
  }

  /** The exact `iss` of its tokens. */
  get issuer(): string {
    return `${this.url}/realms/simas-id`;
  }

  /** A signed access token. */
  mintToken(request: TokenRequest): string {
    return this.keys.sign(request.header ?? {}, accessTokenClaims(request, this.issuer, this.options.now()));
  }

  /** The id of the key that signs now. */
  currentKid(): string {
    return this.keys.currentKid;
  }

  /** A new signing key; the older ones leave the key set unless they are kept. */
  async rotateKey({ keepOld }: { keepOld: boolean }): Promise<void> {
    await this.keys.rotate(keepOld);
    this.stored.touch();
  }

  /** Ends a person's sessions (`sub`), or one (`sid`), for good: userinfo refuses the tokens. The key set knows nothing of it. */
  revoke(subOrSid: string): void {
    this.stored.value.revoked.push(subOrSid);
    this.stored.touch();
  }

  /** Calls the business unit's OTP webhook and says what came back. Rejects when the gateway cannot be reached. */
  sendOtp(request: OtpRequest): Promise<SentOtp> {
    return sendOtp(request, this.#gateway);
  }

  connectGateway(gateway: GatewayAddress): void {
    this.#gateway = gateway;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.stored.flush();
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startSimasIdLab(options: SimasIdOptions): Promise<SimasIdLab> {
  const lab = await SimasIdLab.open(options);
  await lab.listen(options.host, options.port);
  return lab;
}
