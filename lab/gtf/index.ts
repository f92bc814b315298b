import { randomBytes } from 'node:crypto';
import type { FaultQueue } from '../faults';
import { PartnerServer, type PartnerOptions, type SeenRequest } from '../partner-server';
import { Snapshot } from '../snapshot';
import { CallbackPusher, type CallbackBehaviour, type CallbackDelivery } from './callback-pusher';
import { registerCoeRoutes } from './coe-routes';
import { registerDetailsRoutes } from './details-routes';
import { registerInitiateRoutes } from './initiate-routes';
import { outcomeOf, registerJourneyPage } from './journey-page';
import { ObjectStorage } from './object-storage';
import { OPERATIONS, type GtfOperation } from './operations';
import { Processing } from './processing';
import { answerRefusals } from './refusal';
import { Results } from './results';
import { ScenarioOrders } from './scenarios';
import { defaultBehaviour, type GtfState, type GtfSubmission, type InitiatedFlow } from './state';
import { Submissions, type JourneyOutcome } from './submissions';
import { registerTokenRoutes } from './token-routes';
import { TokenSigner } from './token-signer';

export { sampleImage } from './image-mark';
export { SAMPLE_KTP } from './ktp-data';
export { samplePicture } from './sample-pictures';
export { isScenario, SCENARIO_NAMES } from './scenarios';

const MAX_UPLOAD_BYTES = 32 * 1024 * 1024;

/** `port` carries all path families and the tokens. */
export interface GtfLabOptions extends PartnerOptions {
  /** The object storage; 0 = any free port. */
  readonly storagePort: number;
  /** How long each step of processing takes, real milliseconds. */
  readonly processingMs: number;
}

/** GTF OneKYC on loopback (gtf.md §8). */
export class GtfLab {
  readonly behaviour = defaultBehaviour();
  /** Outcomes ordered in advance; the table in scenarios.ts says what there is. */
  readonly scenarios = new ScenarioOrders();
  readonly #server = new PartnerServer({ plays: 'GTF OneKYC' });
  readonly #storageServer = new PartnerServer({
    plays: "GTF's object storage",
    bodyLimitBytes: MAX_UPLOAD_BYTES,
  });
  readonly #state: Snapshot<GtfState>;
  readonly #pusher = new CallbackPusher();
  readonly #processing: Processing;
  readonly #submissions: Submissions;
  readonly #results: Results;

  constructor(options: GtfLabOptions) {
    const { units, now, processingMs } = options;
    const behaviour = this.behaviour;
    const url = (): string => this.url;
    const state = new Snapshot<GtfState>(options.snapshotFile, {
      signingSecret: randomBytes(32).toString('hex'),
      flows: [],
      submissions: [],
    });
    const signer = new TokenSigner(state, now);
    const storage = new ObjectStorage({ state, behaviour, url: () => this.storageUrl, now });
    const results = new Results(storage, behaviour);
    this.#state = state;
    this.#results = results;
    this.#processing = new Processing({ state, processingMs, now, reached: (one) => this.resend(one.id) });
    this.#submissions = new Submissions(state, this.#processing, this.scenarios, now);
    const submissions = this.#submissions;

    const { app } = this.#server;
    answerRefusals(app, behaviour);
    registerTokenRoutes(app, { units, behaviour, signer, now });
    registerInitiateRoutes(app, { behaviour, signer, submissions, url, now });
    registerCoeRoutes(app, { behaviour, signer, storage, submissions });
    registerDetailsRoutes(app, { behaviour, signer, results, submissions });
    registerJourneyPage(app, submissions, now);
    app.post<{ Params: { partnerSessionId: string }; Body: Record<string, unknown> | null }>(
      '/lab/journeys/:partnerSessionId',
      (request) => ({
        submissionId: this.finishSdkJourney(request.params.partnerSessionId, outcomeOf(request.body ?? {})),
      }),
    );
    void this.#storageServer.app.register((scope, _options, done) => {
      storage.register(scope);
      done();
    });
  }

  get url(): string {
    return this.#server.url;
  }

  get storageUrl(): string {
    return this.#storageServer.url;
  }

  /** Faults of the API; the storage has its own. */
  get faults(): FaultQueue {
    return this.#server.faults;
  }

  get storageFaults(): FaultQueue {
    return this.#storageServer.faults;
  }

  /** What goes wrong with callbacks. */
  get callbacks(): CallbackBehaviour {
    return this.#pusher.behaviour;
  }

  async listen(host: string, port: number, storagePort: number): Promise<void> {
    await this.#storageServer.listen(host, storagePort);
    await this.#server.listen(host, port);
    this.#processing.resume();
  }

  /** Callbacks go to `<url>/coe/submissions-callback` from now on. */
  connectGateway(url: string): void {
    this.#pusher.connectGateway(url);
  }

  /** Oldest first. */
  submissions(): readonly GtfSubmission[] {
    return this.#submissions.all();
  }

  /** Journeys that were initiated, oldest first. */
  flows(): readonly InitiatedFlow[] {
    return this.#state.value.flows;
  }

  /** Every attempt to call back, oldest first. */
  deliveries(): readonly CallbackDelivery[] {
    return this.#pusher.deliveries;
  }

  /** How many requests of one operation arrived, also those a fault answered. */
  calls(operation: GtfOperation): number {
    const { method, path } = OPERATIONS[operation];
    const requests = operation === 'upload' ? this.storageRequests() : this.requests();
    return requests.filter((request) => request.method === method && path.test(request.url)).length;
  }

  requests(pathPrefix = ''): readonly SeenRequest[] {
    return this.#server.requests(pathPrefix);
  }

  storageRequests(): readonly SeenRequest[] {
    return this.#storageServer.requests();
  }

  /**
   * What the person does in the SDK (or on the launch page).
   * @returns GTF's submission id
   * @throws Error when no such journey was initiated
   */
  finishSdkJourney(partnerSessionId: string, outcome: JourneyOutcome = {}): string {
    const flow = this.#submissions.flow((one) => one.partnerSessionId === partnerSessionId);
    if (flow === undefined) throw new Error(`no journey was initiated for session ${partnerSessionId}`);
    return this.#submissions.finish(flow, outcome).id;
  }

  /** Finishes processing at once; resolves when its callbacks were tried. Does nothing for what is not being processed. */
  async settle(submissionId: string): Promise<void> {
    await this.#processing.settle(this.#demand(submissionId));
  }

  /** Sends the callback of the present state (again). INITIATED and IN_PROGRESS have none (§5). */
  async resend(submissionId: string): Promise<void> {
    const submission = this.#demand(submissionId);
    if (submission.status === 'INITIATED' || submission.status === 'IN_PROGRESS') return;
    await this.#pusher.push({
      unit: submission.unit,
      submissionId,
      body: this.#results.callbackBody(submission),
      moreToCome: submission.pendingSteps.length > 0,
    });
  }

  /** Every token and upload URL issued so far is refused from now on. */
  revokeTokens(): void {
    this.#state.value.signingSecret = randomBytes(32).toString('hex');
    this.#state.touch();
  }

  async close(): Promise<void> {
    this.#processing.close();
    this.#pusher.close();
    await Promise.all([this.#server.close(), this.#storageServer.close()]);
    await this.#state.flush();
  }

  #demand(submissionId: string): GtfSubmission {
    const submission = this.#submissions.byId(submissionId);
    if (submission === undefined) throw new Error(`the lab has no submission ${submissionId}`);
    return submission;
  }
}

/** Rejects with `EADDRINUSE` when a port is taken. */
export async function startGtfLab(options: GtfLabOptions): Promise<GtfLab> {
  const lab = new GtfLab(options);
  try {
    await lab.listen(options.host, options.port, options.storagePort);
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}
