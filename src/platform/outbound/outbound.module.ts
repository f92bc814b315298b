import { HttpModule } from '@nestjs/axios';
import { Global, Module } from '@nestjs/common';
import { PartnerDoors } from './partner-http-clients';

@Global()
@Module({ imports: [HttpModule], providers: [PartnerDoors], exports: [PartnerDoors] })
export class OutboundModule {}
