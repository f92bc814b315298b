import { PartnerError } from '../outbound';
import type { Deadline } from '../time';

/** One thing that can be tried against the real world without changing anything there. */
export interface Trial {
  /** Null when it concerns every unit. */
  readonly businessUnit: string | null;
  readonly subject: string;
  /** What was found, in a few words. @throws Untried, or whatever is wrong */
  readonly run: (deadline: Deadline) => Promise<string>;
}

/** What a partner has to be told by us; never a secret. */
export interface HandOver {
  readonly partner: string;
  readonly businessUnit: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** What a feature can have checked before anybody depends on it: `npm run doctor` asks them all. */
export abstract class Checkup {
  abstract trials(): readonly Trial[];

  handOvers(): readonly HandOver[] {
    return [];
  }
}

/** Nothing can be learnt here without sending something to a person. */
export class Untried extends Error {}

/** It works, and somebody should know this all the same. */
export class Warning extends Error {}

/** What is wrong, in an operator's words; never a partner's body. */
export function diagnosis(error: unknown): string {
  if (error instanceof PartnerError) {
    const { partner, httpStatus, publicCode, why, cause } = error;
    const message = error.message.replace(`${error.code}: `, '');
    if (why !== undefined) return `${message} ${why.host}: ${why.cause}`;
    // With a code of the partner's own the message says more.
    if (publicCode === undefined && (httpStatus === 401 || httpStatus === 403))
      return `${partner} refuses the credentials (HTTP ${httpStatus})`;
    return cause === undefined ? message : `${message} ${cause}`;
  }
  return error instanceof Error ? error.message : 'unknown error';
}
