import { z } from 'zod';
import type { UploadUrlDto } from '../coe/coe-submission.dto';
import { type JsonObject, requiredText, wireSeconds, wireText } from './envelope.wire';

// Addresses are as the URL parser writes them, so that checks and clients read the same host.
const address = z.url({ normalize: true });

/** snake_case on the token pages, camelCase elsewhere (gtf.md §2, §3.1). */
const issued = z.object({
  token: wireText,
  launchUrl: address.nullable().catch(null),
  expiry_seconds: wireSeconds,
  expirySeconds: wireSeconds,
  expires_at: wireSeconds,
  expiresAt: wireSeconds,
});

/** A token, or a page to open. */
export interface IssuedOnWire {
  readonly token: string | null;
  readonly launchUrl: string | null;
  /** Milliseconds from receipt. */
  readonly lifeMs: number;
}

/** Reads the answer to a token request or to an initiated flow. */
export function readIssued(data: JsonObject, now: number): IssuedOnWire {
  const read = issued.parse(data);
  return { token: read.token, launchUrl: read.launchUrl, lifeMs: lifeOf(read, now) };
}

const MIN_LIFE_MS = 5 * 60_000;

/** The duration is preferred: it does not depend on clocks, and the pages' `expires_at` lie in the past (gtf.md §7.3). */
function lifeOf(read: z.infer<typeof issued>, now: number): number {
  const seconds = read.expiry_seconds ?? read.expirySeconds;
  if (seconds !== null) return seconds * 1000;
  const at = read.expires_at ?? read.expiresAt ?? jwtExpiry(read.token ?? '');
  return at === null || at * 1000 <= now ? MIN_LIFE_MS : at * 1000 - now;
}

function jwtExpiry(jwt: string): number | null {
  try {
    const payload: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
    return z.object({ exp: wireSeconds }).parse(payload).exp;
  } catch {
    return null;
  }
}

/** GTF does not publish the list of its document types (gtf.md §3.2): accepted is every word that is safe in a URL path. */
const DOCUMENT_TYPE = /^\w[\w.-]{0,63}$/;
/** As the COE page shows it, for documents without an expiry of their own (gtf.md §3.2). */
const DEFAULT_EXPIRY_SECONDS = 600;

const created = z.object({
  submissionId: requiredText,
  documents: z.record(
    z.string().regex(DOCUMENT_TYPE),
    z.object({ documentUrl: address, expiryInSeconds: wireSeconds }),
  ),
});

/** A submission that GTF has created, and where each of its documents is to be uploaded. */
export interface CreatedOnWire {
  readonly submissionId: string;
  readonly documents: readonly UploadUrlDto[];
}

/** Reads the answer to a presigned-URL request; undefined when something essential is missing. @param askedAt what expiries count from */
export function readCreated(data: JsonObject, askedAt: Date): CreatedOnWire | undefined {
  const read = created.safeParse(data).data;
  if (read === undefined) return undefined;
  const documents = Object.entries(read.documents).map(([type, { documentUrl, expiryInSeconds }]) => {
    const lifeMs = (expiryInSeconds ?? DEFAULT_EXPIRY_SECONDS) * 1000;
    return { type, uploadUrl: documentUrl, expiresAt: new Date(askedAt.getTime() + lifeMs) };
  });
  return documents.length === 0 ? undefined : { submissionId: read.submissionId, documents };
}
