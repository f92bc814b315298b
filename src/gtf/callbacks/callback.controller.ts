import { applyDecorators, Body, Controller, HttpCode, Patch, Post, Put } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Access, type Context, Ctx, type PartnerCaller } from '../../auth';
import { GatewayError, invalidRequest, isDatabaseAway } from '../../platform/errors';
import { Accepts, parseJson, Refuses } from '../../platform/http';
import { Metrics } from '../../platform/metrics';
import { CallbackInbox } from './callback-inbox.service';
import { GtfCallback } from './callback.authenticator';

const LIMIT_BYTES = 256 * 1024;

/** GTF's ids are opaque: its own sample is no valid UUID (gtf.md §7.18). PostgreSQL cannot store a NUL character. */
const id = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.includes('\0'))
  .nullable()
  .catch(null);
/** All that is read of a callback: by which ids it says what it is about. */
const callback = z.object({ submissionId: id, partnerSessionId: id });

function CallbackRoute(): MethodDecorator {
  return applyDecorators(
    Access(GtfCallback),
    Accepts({ kind: 'raw', limitBytes: LIMIT_BYTES, ignoreUnknown: true }),
    ApiOperation({
      summary: 'GTF tells that a submission was processed',
      description:
        'The body is stored and answered with exactly `200 {}`, also when it is repeated or about a submission that is not known. ' +
        'Nothing it says is believed: the gateway asks GTF itself.',
    }),
    ApiBody({
      schema: {
        type: 'object',
        example: {
          submissionId: 'c64b4c8c-9a8f-4e9c-b86a-0908291c855e',
          status: 'COMPLETED',
          result: 'VALID',
          reasonCode: '',
        },
      },
    }),
    ApiOkResponse({ description: 'Stored', schema: { type: 'object', example: {} } }),
    Refuses(
      [400, 'invalid_request', 'the body is no JSON object'],
      [413, 'payload_too_large', 'the body has more than 256 KiB'],
      [500, 'internal_error', 'the callback could not be stored; send it again'],
    ),
  );
}

/** Where GTF calls back. The path is GTF's; the method is the one the business unit registered (gtf.md §5). */
@ApiTags('GTF e-KYC')
@Controller('coe/submissions-callback')
export class CallbackController {
  readonly #total;

  constructor(
    private readonly inbox: CallbackInbox,
    metrics: Metrics,
  ) {
    this.#total = metrics.counter({
      name: 'gtf_callbacks_total',
      help: 'Callbacks of GTF with a right header, by what became of them',
      labels: ['result'],
    });
  }

  @Post()
  @HttpCode(200)
  @CallbackRoute()
  postGtfCallback(@Ctx() context: Context<PartnerCaller>, @Body() body: Buffer): Promise<object> {
    return this.#accept(context, body);
  }

  @Put()
  @CallbackRoute()
  putGtfCallback(@Ctx() context: Context<PartnerCaller>, @Body() body: Buffer): Promise<object> {
    return this.#accept(context, body);
  }

  @Patch()
  @CallbackRoute()
  patchGtfCallback(@Ctx() context: Context<PartnerCaller>, @Body() body: Buffer): Promise<object> {
    return this.#accept(context, body);
  }

  async #accept({ caller }: Context<PartnerCaller>, body: Buffer): Promise<object> {
    let result = 'unreadable';
    try {
      const read = callback.safeParse(parseJson(body)).data;
      if (read === undefined) throw invalidRequest('The body is not a JSON object.');
      result = 'not_stored';
      const { submissionId: partnerSubmissionId, partnerSessionId } = read;
      const subject = { partnerSubmissionId, partnerSessionId };
      const isNew = await this.inbox.accept(caller.businessUnit, body, subject);
      result = isNew ? 'stored' : 'repeated';
      return {};
    } catch (error) {
      // GTF knows 200, 400 and 500, and repeats what is not 200.
      if (isDatabaseAway(error))
        throw new GatewayError(500, 'internal_error', 'The callback could not be stored.', { cause: error });
      throw error;
    } finally {
      this.#total.inc({ result });
    }
  }
}
