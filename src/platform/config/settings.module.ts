import { type DynamicModule, Module } from '@nestjs/common';
import type { SettingsRegistry } from './load-settings';

/** Makes every feature's loaded settings injectable by its declaration's token. */
@Module({})
export class SettingsModule {
  static forRoot(registry: SettingsRegistry): DynamicModule {
    const providers = [...registry].map(([provide, useValue]) => ({ provide, useValue }));
    return { module: SettingsModule, global: true, providers, exports: providers };
  }
}
