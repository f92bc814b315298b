import { spawn } from 'node:child_process';
import { BARE } from './bare-environment';

export interface Outcome {
  readonly code: number | null;
  readonly lines: readonly string[];
  /** The last line. */
  readonly verdict: string;
  /** What it wrote to stderr. */
  readonly complained: string;
}

/** What the image has for `npm run ledger --`. */
export const LEDGER = 'dist/ledger.js';

/** What `npm run migrate` runs. */
export const MIGRATE = 'dist/migrate.js';

/** Runs a script of ours to its end, with this environment alone. */
export function runScript(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...BARE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [text, complained] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complained += chunk.toString()));
  return new Promise((done) => {
    child.once('close', (code) => {
      const lines = text.trimEnd().split('\n');
      done({ code, lines, verdict: lines.at(-1) ?? '', complained });
    });
  });
}
