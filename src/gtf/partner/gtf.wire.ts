import { z } from 'zod';
import type { IssuedToken } from '../../platform/outbound';
import { type JsonObject, wireSeconds, wireText } from './envelope.wire';

const token = z.looseObject({
  token: wireText,
  expiry_seconds: wireSeconds.optional(),
  expirySeconds: wireSeconds.optional(),
  expires_at: wireSeconds.optional(),
  expiresAt: wireSeconds.optional(),
});

const MIN_LIFE_MS = 5 * 60_000;

/** Reads a token answer; snake_case on the token pages, camelCase elsewhere (gtf.md §2, §3.1). */
export function readToken(data: JsonObject, now: number): IssuedToken | undefined {
  const read = token.safeParse(data).data;
  if (read === undefined || read.token === null) return undefined;
  return { value: read.token, lifeMs: lifeOf(read, read.token, now) };
}

const launch = z.looseObject({ token: wireText, launchUrl: wireText });

/** Where the person goes on: a token for the SDK, or a page to open. */
export interface LaunchOnWire {
  readonly sdkToken: string | null;
  readonly launchUrl: string | null;
  /** Milliseconds from receipt. */
  readonly lifeMs: number;
}

/** Reads the answer to an initiated flow (gtf.md §3.1). */
export function readLaunch(data: JsonObject, now: number): LaunchOnWire | undefined {
  const read = launch.safeParse(data).data;
  if (read === undefined) return undefined;
  const life = token.safeParse(data).data;
  const lifeMs = life === undefined ? MIN_LIFE_MS : lifeOf(life, null, now);
  return { sdkToken: read.token, launchUrl: read.launchUrl, lifeMs };
}

/** The duration is preferred: it does not depend on clocks, and the pages' `expires_at` lie in the past (gtf.md §7.3). */
function lifeOf(read: z.infer<typeof token>, jwt: string | null, now: number): number {
  const seconds = read.expiry_seconds ?? read.expirySeconds;
  if (seconds !== null && seconds !== undefined) return seconds * 1000;
  const at = read.expires_at ?? read.expiresAt ?? (jwt === null ? null : jwtExpiry(jwt));
  return at === null || at * 1000 <= now ? MIN_LIFE_MS : at * 1000 - now;
}

function jwtExpiry(jwt: string): number | null {
  try {
    const payload: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
    return z.object({ exp: z.number() }).safeParse(payload).data?.exp ?? null;
  } catch {
    return null;
  }
}

const created = z.looseObject({
  submissionId: wireText,
  documents: z
    .record(z.string(), z.looseObject({ documentUrl: wireText, expiryInSeconds: wireSeconds }))
    .nullish()
    .catch(null),
});

/** A document to upload: where, and for how long from now, seconds. */
export interface WiredDocument {
  readonly type: string;
  readonly url: string;
  readonly expiresInSeconds: number;
}

export interface CreatedOnWire {
  readonly submissionId: string;
  readonly documents: readonly WiredDocument[];
}

/** As the COE page shows it, for documents without an expiry of their own (gtf.md §3.2). */
const DEFAULT_EXPIRY_SECONDS = 600;
/** GTF does not publish the list of its document types (gtf.md §3.2): accepted is every word that is safe in a URL path. */
const DOCUMENT_TYPE = /^\w[\w.-]{0,63}$/;

/** Reads the answer to a presigned-URL request; undefined when something essential is missing. */
export function readCreated(data: JsonObject): CreatedOnWire | undefined {
  const read = created.safeParse(data).data;
  if (read === undefined || read.submissionId === null) return undefined;
  const documents = Object.entries(read.documents ?? {}).map(([type, { documentUrl, expiryInSeconds }]) => ({
    type,
    url: addressOf(documentUrl),
    expiresInSeconds: expiryInSeconds ?? DEFAULT_EXPIRY_SECONDS,
  }));
  const complete = documents.every(({ type, url }) => DOCUMENT_TYPE.test(type) && url !== '');
  return documents.length > 0 && complete ? { submissionId: read.submissionId, documents } : undefined;
}

/** The address as the URL parser writes it, so that checks and clients read the same host. Empty for text that is no address. */
function addressOf(text: string | null): string {
  return text !== null && URL.canParse(text) ? new URL(text).href : '';
}
