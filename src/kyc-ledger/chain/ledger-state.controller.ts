import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../../auth';
import { LedgerState } from './ledger-state';
import { LedgerStateDto } from './ledger-state.dto';

@ApiTags('Submissions')
@Controller('v1/ledger')
export class LedgerStateController {
  constructor(private readonly state: LedgerState) {}

  @Get()
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Where the unit’s chain of events ends, and its newest signed checkpoint',
    description: 'Keep checkpoints: with one of them a chain that was cut or written anew is found out.',
  })
  @ApiOkResponse({ type: LedgerStateDto })
  getLedgerState(@Ctx() { caller }: Context<BackOfficeCaller>): Promise<LedgerStateDto> {
    return this.state.of(caller.businessUnit);
  }
}
