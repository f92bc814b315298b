/** What a person can act on: its message is one line that says what is wrong and what to do. */
export class LaunchError extends Error {
  constructor(
    message: string,
    /** What the launcher ends with. */
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** The `code` of a Node system error (`EACCES`, `ENOENT`, …), or undefined for any other thing that was thrown. */
export function errorCode(error: unknown): string | undefined {
  // No `instanceof`: inside Jest, Node's own errors come from another realm.
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
