import { Global, Module } from '@nestjs/common';
import { BusinessUnits } from './business-units.settings';

@Global()
@Module({ providers: [BusinessUnits], exports: [BusinessUnits] })
export class BusinessUnitsModule {}
