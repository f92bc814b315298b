import { Body, Controller, Get, Header, HttpCode, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Access,
  BackOffice,
  type BackOfficeCaller,
  type Context,
  Ctx,
  type UserCaller,
  UserVerifiedWithSimasId,
} from '../auth';
import {
  consentTo,
  created,
  CurrentSubmission,
  OnSubmission,
  type Submission,
  SubmissionDto,
  SubmissionViews,
} from '../kyc-ledger';
import { PARTNER_REFUSALS, type Refusal, Refuses } from '../platform/http';
import { type Attempt, CurrentAttempt, Idempotent } from '../platform/idempotency';
import { CommonKycLookup, CommonKycStore } from './common-kyc.service';
import { ApprovedKycDto, CommonKycQueryDto, CommonKycRecordDto, StoreAcceptedDto } from './common-kyc.dto';
import { ShareService } from './share/share.service';

const NO_RECORD: Refusal = [404, 'kyc_not_found', 'Common KYC has no record of the phone number'];

const NOT_CONFIGURED: Refusal = [
  501,
  'partner_not_configured',
  'the business unit has no credentials for this partner',
];

@Controller('v1')
export class CommonKycController {
  constructor(
    private readonly store: CommonKycStore,
    private readonly lookup: CommonKycLookup,
    private readonly shares: ShareService,
    private readonly views: SubmissionViews,
  ) {}

  @Post('common-kyc')
  @HttpCode(202)
  @Access(BackOffice)
  @Idempotent()
  @ApiTags('Common KYC')
  @ApiOperation({
    summary: 'Hand in approved KYC data to be shared',
    description:
      'Answers as soon as the data is durable; a job brings it to Common KYC and retries for 72 hours. ' +
      'The status becomes `shared`, or `share_failed` with a reason. Newer data of a phone number overtakes older.',
  })
  @ApiAcceptedResponse({
    type: StoreAcceptedDto,
    headers: { Location: { description: 'The submission', schema: { type: 'string' } } },
  })
  @Refuses(NOT_CONFIGURED)
  storeApprovedKyc(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Body() { consent, ...kyc }: ApprovedKycDto,
    @CurrentAttempt() attempt: Attempt,
  ): Promise<StoreAcceptedDto> {
    return this.store.accept(caller, kyc, consentTo('common-kyc', consent), created(attempt));
  }

  @Post('submissions/:id/share')
  @HttpCode(202)
  @Access(BackOffice)
  @OnSubmission()
  @ApiTags('Common KYC')
  @ApiOperation({
    summary: 'Try again to share an approved submission',
    description: 'After `share_failed`, or while `approved` waits: tries at once, and again for 72 hours.',
  })
  @ApiAcceptedResponse({ type: SubmissionDto })
  @Refuses(
    [409, 'invalid_state', 'there is nothing to share, or newer data of the phone number stands above it'],
    NOT_CONFIGURED,
  )
  async shareSubmission(@CurrentSubmission() submission: Submission): Promise<SubmissionDto> {
    await this.shares.restart(submission);
    return this.views.one(submission, 'back-office');
  }

  @Get('common-kyc')
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiTags('Common KYC')
  @ApiOperation({
    summary: 'Look up the shared KYC record of a phone number',
    description:
      'Every reading is an event of the person the number leads to, with who read it and why. A stranger becomes somebody who is ' +
      'known by the number.',
  })
  @ApiOkResponse({ type: CommonKycRecordDto })
  @Refuses(
    NO_RECORD,
    [
      409,
      'person_restricted',
      'the person asked to be forgotten: only the purpose `legal-obligation` is served',
    ],
    [429, 'rate_limited', 'the unit looked up `COMMON_KYC_LOOKUPS_PER_HOUR` records in the last hour'],
    ...PARTNER_REFUSALS,
  )
  getCommonKycRecord(
    @Ctx() context: Context<BackOfficeCaller>,
    @Query() { phoneNumber, purpose }: CommonKycQueryDto,
  ): Promise<CommonKycRecordDto> {
    return this.lookup.of(context, phoneNumber, purpose);
  }

  @Get('me/common-kyc')
  @Access(UserVerifiedWithSimasId)
  @Header('cache-control', 'no-store')
  @ApiTags('Person')
  @ApiOperation({
    summary: 'My shared KYC record, to pre-fill a form',
    description:
      "Looked up by the token's own phone number and no other, once SIMAS-ID confirms that the session is alive. A suggestion: the person confirms it, the business unit verifies it.",
  })
  @ApiOkResponse({ type: CommonKycRecordDto })
  @Refuses(
    NO_RECORD,
    [422, 'phone_missing', 'the token names no Indonesian mobile number'],
    ...PARTNER_REFUSALS,
  )
  getMyCommonKycRecord(@Ctx() context: Context<UserCaller>): Promise<CommonKycRecordDto> {
    return this.lookup.own(context);
  }
}
