/** One benchmark: measures something of ours and its yardstick in the same run. */
export interface Benchmark {
  /** What `npm run bench -- <name>` calls it. */
  readonly name: string;
  readonly title: string;
  run(report: Report): Promise<void>;
}

/** Takes what a benchmark finds out, as soon as it is known. */
export interface Report {
  /** A line of the table in the end. */
  figure(figure: Figure): void;
  /** Something beside: printed, not kept. */
  note(line: string): void;
}

export interface Figure {
  readonly what: string;
  /** With its unit. */
  readonly ours: string;
  /** What the same machine did with the yardstick in the same run, with its unit. */
  readonly yardstick?: string;
  /** Ours to the yardstick's. */
  readonly ratio?: number;
  readonly floor?: Floor;
}

/** What must hold: of the ratio, or of `value` in `unit` where there is no yardstick. */
export interface Floor {
  readonly bound: 'at least' | 'at most';
  readonly limit: number;
  readonly value?: number;
  readonly unit?: string;
}

/** Undefined: there is no floor. */
export function holds({ ratio, floor }: Figure): boolean | undefined {
  if (floor === undefined) return undefined;
  const value = floor.value ?? ratio ?? Number.NaN;
  return floor.bound === 'at least' ? value >= floor.limit : value <= floor.limit;
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Of ours to the yardstick's, round by round: what else the machine does in a round slows down both. */
export function medianRatio(ours: readonly number[], yardstick: readonly number[]): number {
  return median(ours.map((value, round) => value / (yardstick[round] ?? Number.NaN)));
}

/** The value that a share `p` (0 to 1) of the values does not exceed. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? Number.NaN;
}
