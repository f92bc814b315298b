import { HttpModule } from '@nestjs/axios';
import { Global, Module } from '@nestjs/common';
import { PartnerHttpClients } from './partner-http-clients';

@Global()
@Module({ imports: [HttpModule], providers: [PartnerHttpClients], exports: [PartnerHttpClients] })
export class OutboundModule {}
