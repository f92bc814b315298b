import { Controller, Get, Header, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Access } from './access/access.decorator';
import { contextOf, Ctx } from './access/current-context';
import type { Context, UserCaller } from './caller';
import { MeDto } from './dto/me.dto';
import { User } from './token/user.authenticator';
import { UserAccordingToSimasId } from './userinfo/userinfo.authenticators';

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
  me(@Req() request: FastifyRequest): MeDto {
    // Not @Ctx(): pipes look at every parameter made by a decorator of ours, which this busiest of routes can do without.
    return MeDto.of(contextOf(request).caller as UserCaller);
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
  userinfo(@Ctx() { caller }: Context<UserCaller>): MeDto {
    return MeDto.of(caller);
  }
}
