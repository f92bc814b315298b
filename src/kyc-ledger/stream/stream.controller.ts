import { Controller, Get, Headers, Res, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
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
import type { Submission } from '../projection';
import { CurrentSubmission, SubmissionAccessGuard } from '../submission-access.guard';
import { EventStream } from './event-stream';
import { StreamHub } from './stream-hub';

const MOST_STREAMS_OF_A_PERSON = 10;
const RETRY_AFTER_SECONDS = 20;

@ApiTags('Submissions')
@Controller('v1/submissions')
export class StreamController {
  /** Open streams by unit and subject, in this process. */
  readonly #ofPerson = new Map<string, number>();

  constructor(
    private readonly hub: StreamHub,
    private readonly clock: Clock,
  ) {}

  @Get(':id/stream')
  @Access(User, BackOffice)
  @UseGuards(SubmissionAccessGuard)
  @ApiOperation({
    summary: 'Watch a submission: its events as they happen (server-sent events)',
    description:
      'The same events as `/events`: `id` is the `seq`, `event` the type, `data` the event. Resumes after `Last-Event-ID`. A comment ' +
      'every 20 s keeps the connection alive. Ends after `shared`, `share_failed`, `rejected` or `declined`, and when the ' +
      'access token does. Browsers use `fetch`: `EventSource` sends no `Authorization`.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
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
          'id: 42\nevent: kyc.verified\ndata: {"seq":42,"type":"kyc.verified","at":"2026-11-22T03:04:05.678Z","data":{"reasonCode":null},"hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}\n\n',
      },
    },
  })
  @Refuses(
    [400, 'invalid_request', '`Last-Event-ID` is none of the stream'],
    [404, 'not_found', 'there is no such submission for this caller'],
    [429, 'rate_limited', `the person has ${MOST_STREAMS_OF_A_PERSON} streams open already`],
  )
  watch(
    @Ctx() { caller }: Context<UserCaller | BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): void {
    const after = seqOf(lastEventId);
    const leave = this.#enter(caller);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    raw.flushHeaders();
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

  /** Counts a person's streams. @returns what to call when this one is closed */
  #enter(caller: UserCaller | BackOfficeCaller): () => void {
    if (caller.kind === 'back-office') return () => undefined;
    const person = JSON.stringify([caller.businessUnit, caller.subject]);
    const open = this.#ofPerson.get(person) ?? 0;
    if (open >= MOST_STREAMS_OF_A_PERSON)
      throw new GatewayError(429, 'rate_limited', 'Too many streams are open for this person.', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    this.#ofPerson.set(person, open + 1);
    return () => {
      const left = (this.#ofPerson.get(person) ?? 1) - 1;
      if (left > 0) this.#ofPerson.set(person, left);
      else this.#ofPerson.delete(person);
    };
  }
}

/** The `seq` after which the stream goes on. */
function seqOf(lastEventId: string | undefined): number {
  if (lastEventId === undefined || lastEventId === '') return 0;
  if (!/^\d{1,15}$/.test(lastEventId)) throw invalidField('Last-Event-ID', 'must be an id of this stream');
  return Number(lastEventId);
}
