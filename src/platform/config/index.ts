export {
  ConfigurationError,
  loadSettings,
  processEnvironment,
  readVariable,
  SettingsModule,
  SettingsRegistry,
} from './load-settings';
export {
  listenHost,
  metricsPort,
  platformSettings,
  type PlatformSettings,
  publicUrl,
} from './platform.settings';
export { needsTls, withoutTlsParameters } from './postgres-url';
export * from './schemas';
export { Secret } from './secret';
export {
  defineSettings,
  type LoadedSettings,
  type RawEnvironment,
  type SettingsDeclaration,
  unitPrefix,
} from './settings';
export { unknownVariables } from './unknown-variables';
