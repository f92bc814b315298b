import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { FaultQueue } from '../faults';
import { PartnerServer, type PartnerOptions } from '../partner-server';
import { Snapshot } from '../snapshot';
import { ERROR_CATALOGUE, type CatalogueRow } from './error-catalogue';
import { KycService, type SatusehatProfile } from './kyc-service';
import type { Challenge, SatusehatState, ValidationSession } from './state';
import { TokenService, type TokenBehaviour } from './token-service';
import { registerValidationPage } from './validation-page';

export const OPERATION_PATHS = {
  token: '/oauth2/v1/accesstoken',
  'generate-url': '/kyc/v1/generate-url',
  'challenge-code': '/kyc/v1/challenge-code',
  'validation-page': '/kyc/v1/validation-web/',
} as const;

/** The Ministry's KYC service on loopback (satusehat.md §12). */
export class SatusehatLab {
  /** Which reading of the service answers; may be changed between two requests. */
  profile: SatusehatProfile = 'documented';
  readonly tokenBehaviour: TokenBehaviour = {
    expiresInSeconds: 3599,
    invalidTokenSpelling: 'keymanagement',
    lockAfterFailure: false,
  };
  /** SPKI PEM of the key that requests are sealed for. */
  readonly publicKeyPem: string;
  readonly #server = new PartnerServer({ plays: 'SATUSEHAT' });
  readonly #state: Snapshot<SatusehatState>;
  readonly #tokens: TokenService;

  constructor(options: PartnerOptions) {
    const { units, now } = options;
    this.#state = openState(options.snapshotFile);
    this.publicKeyPem = createPublicKey(createPrivateKey(this.#state.value.privateKeyPem))
      .export({ type: 'spki', format: 'pem' })
      .toString();
    this.#tokens = new TokenService(this.#state, units, this.tokenBehaviour, now);
    const kyc = new KycService({
      state: this.#state,
      tokens: this.#tokens,
      profile: () => this.profile,
      url: () => this.url,
      now,
    });
    void this.#server.app.register((app, _options, done) => {
      // The service looks at the bytes itself: armour, JSON and forms all arrive as text.
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));
      this.#tokens.register(app);
      kyc.register(app);
      registerValidationPage(app, this.#state, now);
      done();
    });
    this.#server.app.setNotFoundHandler((_request, reply) => reply.code(404).send());
  }

  get url(): string {
    return this.#server.url;
  }

  get faults(): FaultQueue {
    return this.#server.faults;
  }

  async listen(host: string, port: number): Promise<void> {
    await this.#server.listen(host, port);
  }

  /** The next request the row belongs to is answered with that row of the error catalogue. */
  answerNext(row: CatalogueRow, times = 1): void {
    this.faults.next({ ...ERROR_CATALOGUE[row], times });
  }

  /** How many requests of one operation arrived, also those a fault answered. */
  calls(operation: keyof typeof OPERATION_PATHS): number {
    return this.#server.requests(OPERATION_PATHS[operation]).length;
  }

  sessions(): readonly ValidationSession[] {
    return this.#state.value.sessions;
  }

  /** What the patients' SATUSEHAT Mobile would show, oldest first. */
  challenges(): readonly Challenge[] {
    return this.#state.value.challenges;
  }

  /** Every token issued so far is refused from now on. */
  revokeTokens(): void {
    this.#tokens.revokeAll();
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.#state.flush();
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startSatusehatLab(options: PartnerOptions): Promise<SatusehatLab> {
  const lab = new SatusehatLab(options);
  await lab.listen(options.host, options.port);
  return lab;
}

function openState(file: string | undefined): Snapshot<SatusehatState> {
  const state = new Snapshot<SatusehatState>(file, {
    privateKeyPem: '',
    accessTokens: {},
    sessions: [],
    challenges: [],
  });
  if (state.value.privateKeyPem === '') {
    state.value.privateKeyPem = generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString();
    state.touch();
  }
  return state;
}
