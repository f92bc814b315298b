import type { GtfSubmission, ScenarioStep } from './state';

interface Scenario {
  /** The last four digits of the card's NIK that choose it. */
  readonly nikEnding: string;
  readonly steps: readonly ScenarioStep[];
}

const step = (
  status: string,
  result: string | null,
  sivReason: string | null = null,
  coeReason = sivReason,
) => ({
  status,
  result,
  sivReason,
  coeReason,
});
const declined = (sivReason: string | null, coeReason = sivReason) => [
  step('COMPLETED', 'INVALID', sivReason, coeReason),
];
const approved = step('COMPLETED', 'VALID');

/**
 * Everything GTF may decide, and how to order it. In this order of precedence:
 * 1. `lab.scenarios.next(name, match?)` in the same process;
 * 2. for SIV the choice on the launch page or in `finishSdkJourney`;
 * 3. for COE a mark in an uploaded image, any text of the form `gtf-lab:scenario=NAME;` (a PNG text chunk or a JPEG
 *    comment); fields of the card follow in the same mark, as in `gtf-lab:scenario=VALID;nik=…;name=…;dateOfBirth=DD-MM-YYYY;`;
 * 4. the card's NIK by its last four digits (both families);
 * 5. otherwise VALID.
 */
export const SCENARIOS = {
  VALID: { nikEnding: '9001', steps: [approved] },
  /** The reason code is absent in some of the partner's examples (§4). */
  INVALID_WITHOUT_REASON: { nikEnding: '9002', steps: declined(null) },
  NOT_EKTP: { nikEnding: '9003', steps: declined('NOT_EKTP') },
  DUKCAPIL_REJECTED: { nikEnding: '9004', steps: declined('DUKCAPIL_REJECTED') },
  LIVENESS_CHECK_FAILED: { nikEnding: '9005', steps: declined('LIVENESS_CHECK_FAILED', 'NOT_LIVE') },
  EMAIL_HAS_BEEN_USED: { nikEnding: '9006', steps: declined('EMAIL_HAS_BEEN_USED') },
  PHONE_HAS_BEEN_USED: { nikEnding: '9007', steps: declined('PHONE_HAS_BEEN_USED') },
  FRAUD_REJECT: { nikEnding: '9008', steps: declined('FRAUD_REJECT') },
  FACE_MATCH_FAILED: {
    nikEnding: '9009',
    steps: declined('AETHER_VERIFICATION_FAILED', 'FACE_MATCH_FAILED'),
  },
  DOCUMENT_NOT_FOUND: { nikEnding: '9010', steps: declined('NOT_EKTP', 'DOCUMENT_NOT_FOUND') },
  INVALID_DOCUMENT: { nikEnding: '9011', steps: declined('NOT_EKTP', 'INVALID_DOCUMENT') },
  REFERENCE_IMAGE_VALIDATION_FAILED: {
    nikEnding: '9012',
    steps: declined('NOT_EKTP', 'REFERENCE_IMAGE_VALIDATION_FAILED'),
  },
  SYSTEM_ERROR: { nikEnding: '9013', steps: [step('ERROR', null, 'SYSTEM_ERROR', 'VERIFICATION_FAILED')] },
  /** Passed, certificate pending; the COMPLETED follows (§4). */
  SLOW_CERTIFICATE: { nikEnding: '9014', steps: [step('PARTIALLY_COMPLETED', 'VALID'), approved] },
  NEVER_FINISHES: { nikEnding: '9015', steps: [] },
  UNKNOWN_STATUS: { nikEnding: '9016', steps: [step('ON_HOLD', null)] },
  UNKNOWN_RESULT: { nikEnding: '9017', steps: [step('COMPLETED', 'NEEDS_REVIEW')] },
  /** Listed by one callback specification only (§4). */
  RESULT_REJECTED: { nikEnding: '9018', steps: [step('COMPLETED', 'REJECTED', 'FRAUD_REJECT')] },
  UNKNOWN_REASON: { nikEnding: '9019', steps: declined('MOON_PHASE_UNSUITABLE') },
  /** Two different final words about one submission (§7.15). */
  CONTRADICTION: { nikEnding: '9020', steps: [approved, ...declined('FRAUD_REJECT')] },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
export const SCENARIO_NAMES = Object.keys(SCENARIOS).filter(isScenario);

export function isScenario(name: unknown): name is ScenarioName {
  return typeof name === 'string' && Object.hasOwn(SCENARIOS, name);
}

/** Fields that must be equal for an ordered scenario to be taken. */
export type ScenarioMatch = Partial<
  Pick<GtfSubmission, 'id' | 'unit' | 'userId' | 'partnerSessionId' | 'type'>
>;

/** Outcomes ordered in advance; each is used up by the first submission that matches. */
export class ScenarioOrders {
  #orders: { readonly name: ScenarioName; readonly match: ScenarioMatch }[] = [];

  next(name: ScenarioName, match: ScenarioMatch = {}): void {
    this.#orders.push({ name, match });
  }

  clear(): void {
    this.#orders = [];
  }

  /** Decides a submission's outcome by the precedence above; `chosen` is what the person picked on the launch page. */
  decide(submission: GtfSubmission, chosen?: ScenarioName): ScenarioName {
    const order = this.#orders.find(({ match }) =>
      Object.entries(match).every(([field, value]) => submission[field as keyof ScenarioMatch] === value),
    );
    this.#orders = this.#orders.filter((other) => other !== order);
    if (order !== undefined) return order.name;
    if (chosen !== undefined) return chosen;
    if (isScenario(submission.scenario)) return submission.scenario;
    const ending = submission.ktp.nik?.slice(-4);
    return SCENARIO_NAMES.find((name) => SCENARIOS[name].nikEnding === ending) ?? 'VALID';
  }
}
