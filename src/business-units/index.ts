export { BusinessUnitsModule } from './business-units.module';
export {
  type BusinessUnit,
  BusinessUnits,
  businessUnitSettings,
  isUnitName,
  readBusinessUnits,
} from './business-units.settings';
export type { BasicCredential } from './credential-list';
