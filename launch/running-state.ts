import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `npm run journey` needs to know of a running `npm start`: the content of `<DATA_DIR>/running.json`. */
export interface RunningState {
  /** The launcher's process id. */
  pid: number;
  gatewayUrl: string;
  /** The lab's addresses by partner, as the lab named them; null when no lab runs. */
  lab: Readonly<Record<string, string>> | null;
  /** For each business unit the first of its credentials, as `user:password`; undefined when it has none. */
  businessUnits: Readonly<Record<string, { api: string | undefined; otpWebhook: string | undefined }>>;
}

/** Writes the state down for as long as it holds. Returns what removes it. */
export function publishRunningState(dataDir: string, state: RunningState): () => void {
  const file = join(dataDir, 'running.json');
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(state, null, 2), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}
