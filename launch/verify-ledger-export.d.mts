export interface ExportVerdict {
  /** What the command exits with: 0 intact, 1 not. */
  readonly code: 0 | 1;
  readonly verdict: string;
  /** Events that the export holds in full. */
  readonly events: number;
  /** Events of which it holds the digest. */
  readonly links: number;
}

/** @throws Error when the key is no Ed25519 public key */
export function verifyExport(
  pieces: Iterable<Buffer>,
  trustedKey?: string,
  checkpoints?: readonly object[],
): ExportVerdict;

/** The command line; returns the exit code. */
export function main(args: readonly string[]): number;
