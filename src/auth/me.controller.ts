import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Access } from './access/access.decorator';
import { type Context, Ctx, type UserCaller } from './caller';
import { User } from './token/bearer-auth.guard';
import { UserAccordingToSimasId } from './userinfo/userinfo.guards';

/** The person behind a token. */
class MeDto {
  @ApiProperty({ example: '279d5a1e-0f5c-4d0b-9a52-6f2b1c6f09bf', description: 'The person within SIMAS-ID' })
  sub!: string;

  @ApiProperty({ example: 'nanovest', description: 'The business unit the token is for' })
  businessUnit!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '6285610573956',
    description: '`preferred_username` where it is an Indonesian mobile number',
  })
  phoneNumber!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'John Doe' })
  name!: string | null;

  @ApiProperty({
    example: '2026-11-22T09:00:00.000Z',
    format: 'date-time',
    description: 'When the token ends',
  })
  expiresAt!: string;

  static of({ subject, businessUnit, phoneNumber, name, expiresAt }: UserCaller): MeDto {
    return { sub: subject, businessUnit, phoneNumber, name, expiresAt: expiresAt.toISOString() };
  }
}

@ApiTags('Person')
@Controller('v1/me')
export class MeController {
  @Get()
  @Access(User)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Who am I?',
    description:
      "The claims of the access token that matter, after it was verified with SIMAS-ID's published keys.",
  })
  @ApiOkResponse({ type: MeDto })
  getMe(@Ctx() { caller }: Context<UserCaller>): MeDto {
    return MeDto.of(caller);
  }

  @Get('userinfo')
  @Access(UserAccordingToSimasId)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Who am I, according to SIMAS-ID itself?',
    description:
      'The other way to validate: SIMAS-ID is asked, so that a session that was ended shows. Slower than `GET /v1/me`, and answers ' +
      'are at most a minute old. Audience, issuer and times of the token are judged all the same.',
  })
  @ApiOkResponse({ type: MeDto })
  getMyUserinfo(@Ctx() { caller }: Context<UserCaller>): MeDto {
    return MeDto.of(caller);
  }
}
