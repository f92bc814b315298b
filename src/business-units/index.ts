export { businessUnitSettings, isUnitName, readBusinessUnits } from './business-unit.settings';
export { BusinessUnitsModule } from './business-units.module';
export { type BusinessUnit, BusinessUnits } from './business-units.service';
export type { BasicCredential } from './credential-list';
