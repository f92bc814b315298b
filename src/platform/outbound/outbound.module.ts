import { HttpModule } from '@nestjs/axios';
import { Global, Module } from '@nestjs/common';
import { PartnerHttpClients } from './partner-http.client';

@Global()
@Module({ imports: [HttpModule], providers: [PartnerHttpClients], exports: [PartnerHttpClients] })
export class OutboundModule {}
