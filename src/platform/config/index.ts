export { ConfigurationError } from './configuration-error';
export { loadSettings, readSettings, readVariable, SettingsModule, SettingsRegistry } from './load-settings';
export {
  listenHost,
  metricsPort,
  platformSettings,
  type PlatformSettings,
  publicUrl,
} from './platform.settings';
export { needsTls, postgresUrl, withoutTlsParameters } from './postgres-url';
export { processEnvironment } from './process-environment';
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
