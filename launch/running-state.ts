import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UnitCredentials } from './credentials';

/** What `npm run journey` needs to know of a running `npm start`: the content of `<DATA_DIR>/running.json`. */
export interface RunningState {
  gatewayUrl: string;
  /** The addresses of the lab's servers, as the lab named them; null when no lab runs. */
  lab: Readonly<Record<string, string>> | null;
  /** By business unit. */
  businessUnits: Readonly<Record<string, UnitCredentials>>;
}

/** Writes the state down for as long as it holds. Returns what removes it. */
export function publishRunningState(dataDir: string, state: RunningState): () => void {
  const file = join(dataDir, 'running.json');
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(state, null, 2), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}
