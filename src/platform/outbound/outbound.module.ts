import { HttpModule } from '@nestjs/axios';
import { Global, Module } from '@nestjs/common';
import { PartnerDoors } from './partner-doors';

@Global()
@Module({ imports: [HttpModule], providers: [PartnerDoors], exports: [PartnerDoors] })
export class OutboundModule {}
