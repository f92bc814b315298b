import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Snapshot } from '../snapshot';
import type { GtfBehaviour, GtfDocument, GtfState, GtfSubmission } from './state';
import { isJpegOrPng, readImageMark } from './image-mark';
import { ktpFieldsOf } from './ktp-data';

const BUCKET = '/coe-submissions';

interface ObjectStorageOptions {
  readonly state: Snapshot<GtfState>;
  readonly behaviour: GtfBehaviour;
  readonly url: () => string;
  readonly now: () => Date;
}

/** The bucket behind presigned URLs: query-signed PUT, only the host is a signed header (gtf.md §1, §3.2). */
export class ObjectStorage {
  constructor(private readonly options: ObjectStorageOptions) {}

  /** A URL that allows one method on one document for some seconds. */
  presign(method: 'GET' | 'PUT', submission: GtfSubmission, key: string, seconds: number): string {
    const path = `${BUCKET}/${submission.type}/${submission.documents[key]?.reference ?? submission.id}_${key}`;
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'LABKEY/us-east-1/s3/aws4_request',
      'X-Amz-Date': compactTime(this.options.now()),
      'X-Amz-Expires': String(seconds),
      'X-Amz-SignedHeaders': 'host',
    });
    query.set('X-Amz-Signature', this.#signature(method, path, query));
    return `${this.options.url()}${path}?${query.toString()}`;
  }

  register(app: FastifyInstance): void {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.all('/*', (request, reply) => this.#answer(request, reply));
  }

  #answer(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { pathname, searchParams } = new URL(request.url, 'http://storage');
    if (request.headers.authorization !== undefined) {
      // As S3 does: a signed URL and an Authorization header together are two ways of proving oneself.
      return xmlError(reply, 400, 'InvalidArgument', 'Only one auth mechanism allowed');
    }
    const problem = this.#problem(request.method, pathname, searchParams);
    if (problem !== undefined) return xmlError(reply, 403, ...problem);
    const stored = request.method === 'PUT' && this.#store(pathname, request.body);
    if (!stored) return xmlError(reply, 404, 'NoSuchKey', 'The specified key does not exist.');
    return reply.code(this.options.behaviour.uploadStatus).send();
  }

  #problem(method: string, path: string, query: URLSearchParams): [string, string] | undefined {
    const given = Buffer.from(query.get('X-Amz-Signature') ?? '');
    query.delete('X-Amz-Signature');
    const expected = Buffer.from(this.#signature(method, path, query));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return ['SignatureDoesNotMatch', 'The request signature we calculated does not match.'];
    }
    const signedAtMs = parseCompactTime(query.get('X-Amz-Date') ?? '');
    const expired = signedAtMs + Number(query.get('X-Amz-Expires')) * 1000 <= this.options.now().getTime();
    return expired ? ['AccessDenied', 'Request has expired'] : undefined;
  }

  #store(path: string, body: unknown): boolean {
    const found = this.#documentAt(path);
    if (found === undefined) return false;
    const { submission, document } = found;
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    document.bytes = bytes.length;
    document.sha256 = createHash('sha256').update(bytes).digest('hex');
    document.isImage = isJpegOrPng(bytes);
    if (submission.status === 'INITIATED') {
      const { scenario, ...fields } = readImageMark(bytes);
      document.status = 'UPLOADED';
      if (scenario !== undefined) submission.scenario = scenario;
      Object.assign(submission.ktp, ktpFieldsOf(fields));
    }
    this.options.state.touch();
    return true;
  }

  #documentAt(path: string): { submission: GtfSubmission; document: GtfDocument } | undefined {
    const [, reference] = /\/([^/_]+)_[A-Z_]+$/.exec(path) ?? [];
    for (const submission of this.options.state.value.submissions) {
      const document = Object.values(submission.documents).find((one) => one.reference === reference);
      if (document !== undefined) return { submission, document };
    }
    return undefined;
  }

  #signature(method: string, path: string, query: URLSearchParams): string {
    const sorted = new URLSearchParams(query);
    sorted.sort();
    const text = [method, path, sorted.toString(), new URL(this.options.url()).host].join('\n');
    return createHmac('sha256', this.options.state.value.signingSecret).update(text).digest('hex');
  }
}

function xmlError(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply
    .code(status)
    .type('application/xml')
    .send(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    );
}

/** 20260413T053201Z */
function compactTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function parseCompactTime(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
