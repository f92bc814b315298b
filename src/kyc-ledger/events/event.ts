import canonicalize from 'canonicalize';
import { sha256 } from '../../platform/crypto';
import type { EventType, SubmissionKind } from '../submissions/submission-state';

/** One verdict a partner gives on a field of the identity. Words we do not know are `unknown`, never `pass`. */
export type Check = 'pass' | 'fail' | 'unknown';

/** What stands for a field: the partner's word, or that the back office put another value in its place. */
export type VerificationWord = Check | 'overridden';

export interface Verification {
  readonly nik: VerificationWord;
  readonly name: VerificationWord;
  readonly dateOfBirth: VerificationWord;
  readonly selfie: VerificationWord;
}

type Json = string | number | boolean | null | { readonly [key: string]: Json } | readonly Json[];

/** What an event says in clear: codes, ids and flags, never personal data. Shown on the API as it is. */
export interface EventData {
  readonly kind?: SubmissionKind;
  readonly submissionType?: string;
  readonly openedBy?: 'user' | 'back-office';
  readonly reasonCode?: string | null;
  readonly verification?: { readonly [Field in keyof Verification]: VerificationWord };
  /** Id of the person whose personal data the event brought, where that is not the submission's. */
  readonly owner?: string;
  readonly [further: string]: Json | undefined;
}

/** Personal data an event brought: where the ciphertext is, its SHA-256, and a salted commitment to the clear text. */
export interface VaultReference {
  readonly id: string;
  readonly name: string;
  readonly sealedSha256: string;
  readonly commitment: string;
}

/** The hashed part of an event, everything but its place in the chain. */
export interface EventBody {
  readonly businessUnit: string;
  readonly submissionId: string | null;
  readonly personId: string | null;
  readonly type: EventType;
  readonly at: Date;
  readonly sourceKey: string;
  readonly data: EventData;
  readonly vault: readonly VaultReference[];
}

/** Version of the canonical form; the first hashed byte says the same. */
const CANONICAL_VERSION = 1;

/** The RFC 8785 canonical form of an object. */
export function canonical(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('an object has a canonical form');
  return text;
}

export function canonicalBody(body: EventBody): string {
  return canonical({ version: CANONICAL_VERSION, ...body, at: body.at.toISOString() });
}

/** SHA-256 over the canonical form. */
export function bodyDigest(body: EventBody): Buffer {
  return sha256(canonicalBody(body));
}
