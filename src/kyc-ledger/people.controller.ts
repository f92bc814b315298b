import { Controller, Delete, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../auth';
import { Refuses } from '../platform/http';
import { ErasureDto, ErasureQueryDto, PersonParamsDto } from './dto/erasure.dto';
import { PersonErasure } from './person-erasure';

@ApiTags('Person')
@Controller('v1/people')
export class PeopleController {
  constructor(private readonly erasure: PersonErasure) {}

  @Delete(':phoneNumber')
  @Access(BackOffice)
  @ApiOperation({
    summary: 'Forget a person (UU 27/2022)',
    description:
      "Destroys the person's key, and with it everything that was sealed with it; the chain of events stays provable. " +
      'Who was approved must be kept for years: their data is restricted at once and destroyed when due. ' +
      'A number that changed hands leads to several people; all of them are forgotten.',
  })
  @ApiOkResponse({ type: ErasureDto })
  @Refuses(
    [400, 'invalid_request', 'that is no Indonesian mobile number, or the day lies in the future'],
    [404, 'not_found', 'nobody in this business unit is known by the number'],
  )
  forget(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Param() { phoneNumber }: PersonParamsDto,
    @Query() { relationshipEndedOn }: ErasureQueryDto,
  ): Promise<ErasureDto> {
    return this.erasure.request(caller, phoneNumber, relationshipEndedOn ?? null);
  }
}
