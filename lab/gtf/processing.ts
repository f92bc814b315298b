import type { Snapshot } from '../snapshot';
import { SCENARIOS, type ScenarioName } from './scenarios';
import { SIV, type GtfDocument, type GtfState, type GtfSubmission } from './state';

interface ProcessingOptions {
  readonly state: Snapshot<GtfState>;
  readonly processingMs: number;
  readonly now: () => Date;
  /** Called after each state that processing reached. */
  readonly reached: (submission: GtfSubmission) => Promise<void>;
}

/** The asynchronous half of GTF: from IN_PROGRESS through the steps of a scenario (gtf.md §4). */
export class Processing {
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(private readonly options: ProcessingOptions) {}

  start(submission: GtfSubmission, scenario: ScenarioName): void {
    submission.status = 'IN_PROGRESS';
    submission.scenario = scenario;
    submission.pendingSteps = [...SCENARIOS[scenario].steps];
    this.options.state.touch();
    this.#schedule(submission);
  }

  /** Goes on with what a stopped lab left half done. */
  resume(): void {
    for (const submission of this.options.state.value.submissions) this.#schedule(submission);
  }

  /** Does every remaining step at once; resolves when the callbacks of each were tried. */
  async settle(submission: GtfSubmission): Promise<void> {
    clearTimeout(this.#timers.get(submission.id));
    while (submission.pendingSteps.length > 0) await this.#advance(submission);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #schedule(submission: GtfSubmission): void {
    if (submission.pendingSteps.length === 0) return;
    const timer = setTimeout(() => {
      this.#timers.delete(submission.id);
      void this.#advance(submission);
      this.#schedule(submission);
    }, this.options.processingMs);
    this.#timers.set(submission.id, timer);
  }

  async #advance(submission: GtfSubmission): Promise<void> {
    const step = submission.pendingSteps.shift();
    if (step === undefined) return;
    submission.status = step.status;
    submission.result = step.result;
    submission.reasonCode = submission.type === SIV ? step.sivReason : step.coeReason;
    submission.processedAt = this.options.now().toISOString();
    for (const document of Object.values(submission.documents)) document.status = documentStatus(submission);
    this.options.state.touch();
    await this.options.reached(submission);
  }
}

function documentStatus({ status, result }: GtfSubmission): GtfDocument['status'] {
  if (status === 'ERROR') return 'INVALID';
  return result === 'VALID' ? 'VERIFIED' : 'REJECTED';
}
