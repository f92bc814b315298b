import { Global, Module } from '@nestjs/common';
import { BusinessUnits } from './business-units.service';

@Global()
@Module({ providers: [BusinessUnits], exports: [BusinessUnits] })
export class BusinessUnitsModule {}
