import { Controller, Get, Head, Headers, Inject, Res } from '@nestjs/common';
import {
  ApiExcludeEndpoint,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import {
  Access,
  BackOffice,
  type BackOfficeCaller,
  type Context,
  Ctx,
  User,
  type UserCaller,
} from '../../auth';
import { GatewayError, invalidField } from '../../platform/errors';
import { Refuses } from '../../platform/http';
import { Clock } from '../../platform/time';
import { type LedgerSettings, ledgerSettings } from '../ledger.settings';
import type { Submission } from '../submissions/submission.entity';
import { CurrentSubmission, OnSubmission } from '../submissions/submission-access.guard';
import { EventStream } from './event-stream';
import { StreamHub } from './stream-hub';

const MAX_STREAMS_OF_A_PERSON = 10;
const RETRY_AFTER_SECONDS = 20;
const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

@ApiTags('Submissions')
@Controller('v1/submissions')
export class StreamController {
  /** Open streams by caller, in this process. */
  readonly #ofCaller = new Map<string, number>();

  constructor(
    private readonly hub: StreamHub,
    private readonly clock: Clock,
    @Inject(ledgerSettings.token) private readonly settings: LedgerSettings,
  ) {}

  /** Declared before `GET`, for which Fastify would otherwise open a stream that nobody reads and that never ends. */
  @Head(':id/stream')
  @Access(User, BackOffice)
  @OnSubmission()
  @ApiExcludeEndpoint()
  describe(@Res() reply: FastifyReply): void {
    void reply.headers(STREAM_HEADERS).send();
  }

  @Get(':id/stream')
  @Access(User, BackOffice)
  @OnSubmission()
  @ApiOperation({
    summary: 'Watch a submission: its events as they happen (server-sent events)',
    description:
      'The same events as `/events`: `id` is the `seq`, `event` the type, `data` the event. Resumes after `Last-Event-ID`. A comment ' +
      'every 20 s keeps the connection alive, `retry` says when to come back. Ends after `shared`, `rejected` or the erasure of the ' +
      'person, and when the access token does. Who comes back with nothing left to see gets 204. Browsers use `fetch`: `EventSource` sends no `Authorization`.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The last `id` seen; without it the stream begins with the first event',
    schema: { type: 'string', pattern: '^\\d{1,15}$' },
  })
  @ApiOkResponse({
    description: 'The stream',
    content: {
      'text/event-stream': {
        schema: { type: 'string' },
        example:
          'retry: 3000\n\nid: 42\nevent: kyc.verified\ndata: {"seq":42,"type":"kyc.verified","at":"2026-11-22T03:04:05.678Z","data":{"reasonCode":null},"hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}\n\n',
      },
    },
  })
  @ApiNoContentResponse({ description: 'The stream has ended, and nothing is left after `Last-Event-ID`' })
  @Refuses(
    [400, 'invalid_request', '`Last-Event-ID` is none of the stream'],
    [
      429,
      'rate_limited',
      `the person has ${MAX_STREAMS_OF_A_PERSON} streams open already, or the credential \`MAX_BACK_OFFICE_STREAMS\``,
    ],
  )
  async watchSubmission(
    @Ctx() { caller }: Context<UserCaller | BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const after = seqOf(lastEventId);
    if (await this.hub.isExhausted(submission, after)) return void reply.code(204).send();
    const leave = this.#enter(caller);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...STREAM_HEADERS });
    const stream = new EventStream(submission, after, raw);
    const tokenEnds =
      caller.kind === 'user' ? this.#at(caller.expiresAt, () => this.hub.close(stream)) : undefined;
    raw.once('close', () => {
      clearTimeout(tokenEnds);
      this.hub.close(stream);
      leave();
    });
    this.hub.open(stream);
  }

  #at(time: Date, then: () => void): NodeJS.Timeout {
    return setTimeout(then, Math.max(0, time.getTime() - this.clock.now())).unref();
  }

  /** Counts a caller's streams. @returns what to call when this one is closed */
  #enter(caller: UserCaller | BackOfficeCaller): () => void {
    const isPerson = caller.kind === 'user';
    const name = isPerson ? caller.subject : caller.credential;
    const key = JSON.stringify([caller.kind, caller.businessUnit, name]);
    const max = isPerson ? MAX_STREAMS_OF_A_PERSON : this.settings.values.MAX_BACK_OFFICE_STREAMS;
    const open = this.#ofCaller.get(key) ?? 0;
    if (max > 0 && open >= max)
      throw new GatewayError(429, 'rate_limited', 'Too many streams are open for this caller.', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    this.#ofCaller.set(key, open + 1);
    return () => {
      const left = (this.#ofCaller.get(key) ?? 1) - 1;
      if (left > 0) this.#ofCaller.set(key, left);
      else this.#ofCaller.delete(key);
    };
  }
}

/** The `seq` after which the stream goes on. */
function seqOf(lastEventId: string | undefined): number {
  if (lastEventId === undefined || lastEventId === '') return 0;
  if (!/^\d{1,15}$/.test(lastEventId)) throw invalidField('Last-Event-ID', 'must be an id of this stream');
  return Number(lastEventId);
}
