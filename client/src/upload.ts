import type { components } from '../generated/api.ts';
import type { KycClient } from './client.ts';
import { KycError, orThrow } from './errors.ts';

export type UploadedDocument = components['schemas']['UploadedDocument'];

export interface Upload {
  readonly submissionId: string;
  /** As the submission names the document: `KTP`, `SELFIE`. */
  readonly type: string;
  /** A JPEG or PNG with its media type: what a file input or a camera gives. */
  readonly file: Blob;
  /** Bytes sent of bytes in all. In browsers while they leave, elsewhere at the beginning and the end. */
  readonly onProgress?: (sent: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Sends a document through the gateway, which checks the picture and hands it on.
 * @throws KycError when it is refused, the signal's reason when it is aborted, TypeError when the connection breaks
 */
export async function uploadDocument(client: KycClient, upload: Upload): Promise<UploadedDocument> {
  const { submissionId, type, file, onProgress, signal } = upload;
  signal?.throwIfAborted();
  // `fetch` does not tell how far it is.
  if (onProgress && typeof XMLHttpRequest === 'function') return sendWithProgress(client, upload, onProgress);
  onProgress?.(0, file.size);
  const uploaded = await orThrow(
    client.PUT('/v1/gtf/submissions/{id}/documents/{type}', {
      params: { path: { id: submissionId, type } },
      // The document calls a file a string; it is sent as it is.
      body: file as unknown as string,
      bodySerializer: (body: unknown) => body,
      headers: { 'content-type': file.type },
      ...(signal && { signal }),
    }),
  );
  onProgress?.(file.size, file.size);
  return uploaded;
}

async function sendWithProgress(
  client: KycClient,
  { submissionId, type, file, signal }: Upload,
  onProgress: (sent: number, total: number) => void,
): Promise<UploadedDocument> {
  const authorization = await client.authorization();
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const path = `/v1/gtf/submissions/${encodeURIComponent(submissionId)}/documents/${encodeURIComponent(type)}`;
    const abort = (): void => request.abort();
    request.open('PUT', client.baseUrl + path);
    request.setRequestHeader('content-type', file.type);
    if (authorization !== undefined) request.setRequestHeader('authorization', authorization);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status === 200) resolve(body as UploadedDocument);
      else reject(new KycError(request.status, body, request.getResponseHeader('retry-after')));
    };
    request.onerror = () => reject(new TypeError('The upload did not reach the gateway.'));
    request.onabort = () => reject(signal?.reason as Error);
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort);
    request.send(file);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
