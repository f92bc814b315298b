import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLocked } from './folder-lock';
import type { Environment } from './given-environment';

/** What other commands need to know of a running `npm start`: the content of `<DATA_DIR>/running.json`. */
export interface RunningState {
  gatewayUrl: string;
  /** The addresses of the lab's servers, as the lab named them; null when no lab runs. */
  lab: Readonly<Record<string, string>> | null;
  /** By business unit. */
  businessUnits: Readonly<Record<string, UnitCredentials>>;
  /** The gateway's variables that nobody configured: embedded and generated ones. */
  supplied: Environment;
}

/** What callers of one business unit log in with first, as `user:password`; null where the unit has none. */
export interface UnitCredentials {
  api: string | null;
  otpWebhook: string | null;
}

/** Writes the state down for as long as it holds. Returns what removes it. */
export function publishRunningState(dataDir: string, state: RunningState): () => void {
  const file = join(dataDir, 'running.json');
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(state, null, 2), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** The state of the `npm start` that runs on this data folder; undefined when none does, or it is not ready. */
export function runningState(dataDir: string): RunningState | undefined {
  try {
    const text = readFileSync(join(dataDir, 'running.json'), 'utf8');
    // A launcher that was killed leaves it behind.
    return isLocked(dataDir) ? (JSON.parse(text) as RunningState) : undefined;
  } catch {
    return undefined;
  }
}
