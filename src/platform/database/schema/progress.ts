/** Answers a statement with its rows. */
export type Ask = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/** Who hears how far the migrations are. */
export interface Progress {
  applied(step: string, ms: number): void;
  /** @param words what for, as in "waiting for …" */
  waiting(words: string): void;
}
