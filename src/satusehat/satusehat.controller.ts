import { applyDecorators, Body, Controller, Post } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, BackOffice, type Context, Ctx } from '../auth';
import { consentTo, created } from '../kyc-ledger';
import { PARTNER_REFUSALS, Refuses } from '../platform/http';
import { type Attempt, CurrentAttempt, Idempotent } from '../platform/idempotency';
import { type Asker, OfficerLimits } from './officer-submissions.service';
import { SatusehatOfficer } from './officer.authenticator';
import {
  ChallengeCodeDto,
  ChallengeCodeRequestDto,
  ValidationUrlDto,
  ValidationUrlRequestDto,
} from './satusehat.dto';
import { SatusehatService } from './satusehat.service';

/** A route for officers and for the unit's back office. */
function AsksTheMinistry(): MethodDecorator {
  return applyDecorators(
    Refuses(
      [400, 'invalid_request', 'a field is missing, unknown or malformed'],
      [429, 'rate_limited', 'too many pages and codes within an hour; retry after `Retry-After` seconds'],
      ...PARTNER_REFUSALS,
    ),
    Idempotent(),
    Access(SatusehatOfficer, BackOffice),
  );
}

/** Without `submissionId`, for which the reader would need a submission of their own. */
const PATIENT = { nik: '9271060312000002', name: 'Budi Santoso' };

@ApiTags('SATUSEHAT')
@Controller('v1/satusehat')
export class SatusehatController {
  constructor(
    private readonly service: SatusehatService,
    private readonly limits: OfficerLimits,
  ) {}

  @Post('validation-urls')
  @AsksTheMinistry()
  @ApiOperation({
    summary: 'Open a page where an officer validates a patient',
    description:
      "For the facility's officers and for the unit's back office. Asks the Ministry of Health for a validation page in the officer's name and records a submission. The page reports nothing " +
      'back: what the officer found gets into the ledger by `approve` or `reject`.',
  })
  @ApiCreatedResponse({ type: ValidationUrlDto })
  async createValidationUrl(
    @Ctx() context: Context<Asker>,
    @Body() { agentName, agentNik, consent }: ValidationUrlRequestDto,
    @CurrentAttempt() attempt: Attempt,
  ): Promise<ValidationUrlDto> {
    await this.limits.take(context.caller);
    const officer = { name: agentName, nik: agentNik };
    return this.service.openPage(context, officer, consentTo('satusehat', consent), created(attempt));
  }

  @Post('challenge-codes')
  @AsksTheMinistry()
  @ApiOperation({
    summary: "Send a code to a patient's SATUSEHAT Mobile",
    description:
      "For the facility's officers and for the unit's back office. " +
      'The patient uses the code to validate. The answer also holds the IHS number. Nothing about the patient is kept, but for the ' +
      'answer that an `Idempotency-Key` repeats: sealed with that key, and only until the code expires.',
  })
  @ApiBody({ type: ChallengeCodeRequestDto, examples: { patient: { value: PATIENT } } })
  @ApiCreatedResponse({ type: ChallengeCodeDto })
  @Refuses(
    [404, 'not_found', 'the submission is not a SATUSEHAT submission that you may see'],
    [409, 'invalid_state', 'the submission is decided, or its validation page is too old for a sealed code'],
  )
  async createChallengeCode(
    @Ctx() context: Context<Asker>,
    @Body() { nik, name, submissionId, consent }: ChallengeCodeRequestDto,
    @CurrentAttempt() attempt: Attempt,
  ): Promise<ChallengeCodeDto> {
    await this.limits.take(context.caller);
    const wanted = { patient: { name, nik }, submissionId, consent: consentTo('satusehat', consent) };
    return this.service.issueCode(
      context,
      wanted,
      created(attempt, ({ expiresAt }) => expiresAt),
    );
  }
}
