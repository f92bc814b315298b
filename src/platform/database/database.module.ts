import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type DataSourceOptions, DefaultNamingStrategy } from 'typeorm';
import { ConfigurationError, type PlatformSettings, platformSettings } from '../config';
import { Log } from '../logging';
import { CONNECT_WITHIN_MS, databaseAddress, poolOptions } from './connection';
import { columnOf, Database } from './database';
import { Durability } from './durability';
import { Notifications } from './notifications';
import { whenThere } from './readiness';
import { poolsTransactions, TRANSACTION_POOLING } from './session-pooling';
import { migrate } from './sql-migrations';

class SnakeCase extends DefaultNamingStrategy {
  override columnName(property: string): string {
    return columnOf(property);
  }
}

function dataSourceOptions(settings: PlatformSettings, log: Log): DataSourceOptions {
  const { url, ssl } = databaseAddress(settings);
  const lost = (reason: unknown): void =>
    log.warn('a database connection was lost', {
      reason: reason instanceof Error ? reason.message : 'unknown',
    });
  return {
    type: 'postgres',
    url,
    ssl,
    applicationName: 'kyc-gateway',
    poolSize: settings.values.DATABASE_POOL_SIZE,
    connectTimeoutMS: CONNECT_WITHIN_MS,
    installExtensions: false,
    synchronize: false,
    logging: false,
    namingStrategy: new SnakeCase(),
    extra: poolOptions(lost),
  };
}

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [platformSettings.token, Log],
      useFactory: async (settings: PlatformSettings, log: Log) => {
        const address = databaseAddress(settings);
        await whenThere(log, async () => {
          if (await poolsTransactions(address)) throw new ConfigurationError([TRANSACTION_POOLING]);
          await migrate(address);
        });
        return {
          ...dataSourceOptions(settings, log),
          autoLoadEntities: true,
          retryAttempts: 0, // it was there a moment ago
          toRetry: () => false,
        };
      },
    }),
  ],
  providers: [Database, Durability, Notifications],
  exports: [Database, Notifications],
})
export class DatabaseModule {}
