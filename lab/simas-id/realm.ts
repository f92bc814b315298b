import type { KeyRing } from './key-ring';

/** What the realm's routes share. */
export interface Realm {
  readonly keys: KeyRing;
  /** Each is a public client under its id. */
  readonly units: readonly string[];
  readonly issuer: () => string;
  readonly now: () => Date;
  /** Whether the session of a token was ended, or all of its person's. */
  readonly isEnded: (claims: Readonly<Record<string, unknown>>) => boolean;
  /** Ends one session by its `sid`, or all of a person's by their `sub`. */
  readonly end: (sidOrSub: string) => void;
}
