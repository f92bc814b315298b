import { Global, Module } from '@nestjs/common';
import { BlindIndex } from './blind-index';
import { type CryptoSettings, cryptoSettings } from './crypto.settings';
import { KeyRing } from './key-ring';

@Global()
@Module({
  providers: [
    {
      provide: KeyRing,
      inject: [cryptoSettings.token],
      useFactory: (settings: CryptoSettings) => new KeyRing(settings.values.DATA_ENCRYPTION_KEYS),
    },
    {
      provide: BlindIndex,
      inject: [cryptoSettings.token],
      useFactory: (settings: CryptoSettings) => new BlindIndex(settings.values.BLIND_INDEX_KEY),
    },
  ],
  exports: [KeyRing, BlindIndex],
})
export class CryptoModule {}
