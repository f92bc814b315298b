import { z } from 'zod';
import { type JsonObject, wireSeconds, wireText } from './envelope.wire';

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
/** GTF's document types are not listed (gtf.md §3.2): any is taken that can stand in an address. */
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
