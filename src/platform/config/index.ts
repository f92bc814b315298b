export { ConfigurationError, loadSettings, type SettingsRegistry } from './load-settings';
export { EnvironmentReader, processEnvironment, type RawEnvironment } from './environment';
export { isLoopbackHost } from './loopback';
export {
  listenHost,
  metricsPort,
  platformSettings,
  type PlatformSettings,
  publicUrl,
} from './platform.settings';
export { needsTls, postgresUrl, withoutTlsParameters } from './postgres-url';
export { Secret } from './secret';
export { SettingsModule } from './settings.module';
export { defineSettings, type LoadedSettings, type SettingsDeclaration, unitPrefix } from './settings';
export { unknownVariables } from './unknown-variables';
export * from './variables';
