import { Body, Controller, Header, Post, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access, type Context, Ctx, User, type UserCaller } from '../auth';
import { consentTo, locationOf } from '../kyc-ledger';
import { PARTNER_REFUSALS, Refuses } from '../platform/http';
import { type Attempt, CurrentAttempt, Idempotent, IDEMPOTENCY_REFUSALS } from '../platform/idempotency';
import { ChallengeCodesService, type IssuedCode } from './challenge-codes.service';
import { ChallengeCodeDto, ChallengeCodeRequestDto } from './dto/challenge-code.dto';
import { ValidationUrlDto, ValidationUrlRequestDto } from './dto/validation-url.dto';
import { ValidationPagesService } from './validation-pages.service';

/** Without `submissionId`, which only a submission of the reader's own would fill. */
const PATIENT = { nik: '9271060312000002', name: 'Budi Santoso' };

@ApiTags('SATUSEHAT')
@Controller('v1/satusehat')
export class SatusehatController {
  constructor(
    private readonly pages: ValidationPagesService,
    private readonly codes: ChallengeCodesService,
  ) {}

  @Post('validation-urls')
  @Access(User)
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Open a page where I validate a patient',
    description:
      "Asks the Ministry of Health for a validation page in the officer's name and records a submission. The page reports nothing " +
      'back: what the officer found gets into the ledger by `approve` or `reject`.',
  })
  @ApiCreatedResponse({ type: ValidationUrlDto })
  @Refuses(
    [400, 'invalid_request', 'a field is missing, unknown or malformed'],
    ...PARTNER_REFUSALS,
    ...IDEMPOTENCY_REFUSALS,
  )
  async openPage(
    @Ctx() context: Context<UserCaller>,
    @Body() { agentName, agentNik, consent }: ValidationUrlRequestDto,
    @CurrentAttempt() attempt: Attempt,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ValidationUrlDto> {
    const officer = { name: agentName, nik: agentNik };
    const page = await this.pages.open(context, officer, consentTo('satusehat', consent), (tx, issued) =>
      attempt.keep(tx, issued.submissionId, issued, locationOf(issued.submissionId)),
    );
    void reply.headers(locationOf(page.submissionId));
    return page;
  }

  @Post('challenge-codes')
  @Access(User)
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: "Send a code to a patient's SATUSEHAT Mobile",
    description:
      'The patient uses the code to validate. The answer also holds the IHS number. Nothing about the patient is kept.',
  })
  @ApiBody({ type: ChallengeCodeRequestDto, examples: { patient: { value: PATIENT } } })
  @ApiCreatedResponse({ type: ChallengeCodeDto })
  @Refuses(
    [400, 'invalid_request', 'a field is missing, unknown or malformed'],
    [404, 'not_found', 'the submission is not a SATUSEHAT submission of yours'],
    [409, 'invalid_state', 'the submission is decided, or its validation page is too old for a sealed code'],
    ...PARTNER_REFUSALS,
    ...IDEMPOTENCY_REFUSALS,
  )
  async issueCode(
    @Ctx() context: Context<UserCaller>,
    @Body() { nik, name, submissionId, consent }: ChallengeCodeRequestDto,
    @CurrentAttempt() attempt: Attempt,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChallengeCodeDto> {
    const wanted = { patient: { name, nik }, submissionId, consent: consentTo('satusehat', consent) };
    const code = await this.codes.issue(context, wanted, (tx, issued) =>
      attempt.keep(tx, issued.submissionId, answerOf(issued), locationOf(issued.submissionId)),
    );
    void reply.headers(locationOf(code.submissionId));
    return answerOf(code);
  }
}

function answerOf({ code, ...issued }: IssuedCode): ChallengeCodeDto {
  return { ...issued, challengeCode: code };
}
