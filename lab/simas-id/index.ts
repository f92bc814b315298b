import type { GatewayAddress } from '../gateway-link';
import type { PageLink } from '../html';
import { PartnerServer, type PartnerOptions } from '../partner-server';
import { Snapshot } from '../snapshot';
import { accessTokenClaims } from './access-token';
import { KeyRing, type StoredKeys } from './key-ring';
import { sendOtp } from './otp-sender';
import { labRoutes, oidcRoutes } from './routes';
import type { SimasIdLab } from './simas-id-lab';

export type { TokenRequest } from './access-token';
export type { OtpRequest, SentOtp } from './otp-sender';
export type { SimasIdLab } from './simas-id-lab';

interface StoredRealm {
  keys: StoredKeys;
  revoked: string[];
}

export async function startSimasIdLab(
  options: PartnerOptions & { readonly links: () => readonly PageLink[] },
): Promise<SimasIdLab> {
  const stored = new Snapshot<StoredRealm>(options.snapshotFile, {
    keys: { signing: [], encryption: [] },
    revoked: [],
  });
  const keys = await KeyRing.open(stored.value.keys);
  stored.touch();
  const server = new PartnerServer();
  let gateway: GatewayAddress | undefined;

  const lab: SimasIdLab = {
    get url() {
      return server.url;
    },
    get issuer() {
      return `${server.url}/realms/simas-id`;
    },
    faults: server.faults,
    requests: (prefix) => server.requests(prefix),
    mintToken: (request) =>
      keys.sign(request.header ?? {}, accessTokenClaims(request, lab.issuer, options.now())),
    currentKid: () => keys.currentKid,
    rotateKey: async ({ keepOld }) => {
      await keys.rotate(keepOld);
      stored.touch();
    },
    revoke: (sub) => {
      stored.value.revoked.push(sub);
      stored.touch();
    },
    sendOtp: (request) => sendOtp(request, gateway),
    connectGateway: (address) => {
      gateway = address;
    },
    close: async () => {
      await server.close();
      await stored.flush();
    },
  };
  oidcRoutes(server.app, { keys, issuer: () => lab.issuer, now: options.now, revoked: stored.value.revoked });
  labRoutes(server.app, lab, options.units, options.links);
  await server.listen(options.host, options.port);
  return lab;
}
