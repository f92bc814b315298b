import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../../auth';
import { type Refusal, Refuses } from '../../platform/http';
import { ErasureDto, ErasureQueryDto, PersonParamsDto } from '../erasure/erasure.dto';
import { IdentityQueryDto } from './dto/identity.dto';
import { FoundPeopleDto, identifierOf, PersonCopyDto, PersonSearchDto } from './dto/person.dto';
import { People } from './people';
import { PersonCopy } from './person-copy';
import { PersonErasure } from '../erasure/person-erasure';

const NOBODY: Refusal = [404, 'not_found', 'nobody in this business unit is known by the id or number'];
const AMBIGUOUS: Refusal = [
  409,
  'ambiguous_person',
  'the number leads to several people, whose ids `personIds` lists: name one of them',
];

@ApiTags('Person')
@Controller('v1/people')
export class PeopleController {
  constructor(
    private readonly people: People,
    private readonly copies: PersonCopy,
    private readonly erasure: PersonErasure,
  ) {}

  @Post('search')
  @HttpCode(200)
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Look for people by what they are known by',
    description:
      'By exactly one of phone number, NIK, e-mail address and token subject, in the body: addresses end in the logs of proxies. ' +
      'Numbers change hands, so there may be several; of a stranger the list is empty.',
  })
  @ApiBody({ type: PersonSearchDto, examples: { phoneNumber: { value: { phoneNumber: '6285610573956' } } } })
  @ApiOkResponse({ type: FoundPeopleDto })
  @Refuses([400, 'invalid_request', 'not exactly one field is given, or it is not valid'])
  async searchPeople(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Body() search: PersonSearchDto,
  ): Promise<FoundPeopleDto> {
    const { kind, value } = identifierOf(search);
    return { data: await this.people.find(caller.businessUnit, kind, value) };
  }

  @Get(':idOrPhoneNumber')
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Everything that is held about a person (UU 27/2022)',
    description:
      'One JSON that a person who asks can be given, in clear. Every reading is itself an event, with who read it and why.',
  })
  @ApiOkResponse({ type: PersonCopyDto })
  @Refuses(
    [
      400,
      'invalid_request',
      'that is neither an id nor an Indonesian mobile number, or the purpose is missing',
    ],
    NOBODY,
    AMBIGUOUS,
    [
      409,
      'person_restricted',
      'the person asked to be forgotten: only the purpose `legal-obligation` is served',
    ],
  )
  async getPerson(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Param() { idOrPhoneNumber }: PersonParamsDto,
    @Query() { purpose }: IdentityQueryDto,
  ): Promise<PersonCopyDto> {
    const id = await this.erasure.personOf(caller.businessUnit, idOrPhoneNumber);
    return this.copies.read(caller, id, purpose);
  }

  @Delete(':idOrPhoneNumber')
  @Access(BackOffice)
  @ApiOperation({
    summary: 'Forget a person (UU 27/2022)',
    description:
      "Destroys the person's key, and with it everything that was sealed with it; the chain of events stays provable. " +
      'What is still under way at a partner ends as `error` with the reason `person_withdrew`. ' +
      'Who was approved must be kept for years: their data is restricted at once and destroyed when due.',
  })
  @ApiOkResponse({ type: ErasureDto })
  @Refuses(
    [
      400,
      'invalid_request',
      'that is neither an id nor an Indonesian mobile number, or the day lies in the future',
    ],
    NOBODY,
    AMBIGUOUS,
  )
  erasePerson(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Param() { idOrPhoneNumber }: PersonParamsDto,
    @Query() { relationshipEndedOn }: ErasureQueryDto,
  ): Promise<ErasureDto> {
    return this.erasure.request(caller, idOrPhoneNumber, relationshipEndedOn ?? null);
  }
}
