import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type DataSourceOptions, DefaultNamingStrategy } from 'typeorm';
import { HealthChecks, HealthModule } from '../health';
import { Log } from '../logging';
import { Trace } from '../tracing';
import { CONNECT_WITHIN_MS, databaseAddress, poolOptions } from './connection';
import { columnOf, Database } from './database';
import { type DatabaseSettings, databaseSettings } from './database.settings';
import { Durability } from './durability';
import { Notifications } from './notifications';
import { prepareSchema, type Schema } from './schema/migrate';

class SnakeCase extends DefaultNamingStrategy {
  override columnName(property: string): string {
    return columnOf(property);
  }
}

function dataSourceOptions(settings: DatabaseSettings, log: Log): DataSourceOptions {
  const { url, ssl } = databaseAddress(settings);
  // The connection outlives the request that it was opened for.
  const lost = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : 'unknown';
    Trace.outside(() => log.warn('a database connection was lost', { reason }));
  };
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

@Module({})
export class DatabaseModule {
  constructor(checks: HealthChecks, database: Database) {
    checks.register('database', async () => {
      await database.query('SELECT 1');
      return database.isFull ? 'degraded' : 'ok';
    });
  }

  /** @param migrations whether what the schema lacks is made, or keeps the program from starting; as `MIGRATIONS` says when not given */
  static forRoot(schema: Schema, migrations?: 'start' | 'check'): DynamicModule {
    const connections = TypeOrmModule.forRootAsync({
      inject: [databaseSettings.token, Log],
      useFactory: async (settings: DatabaseSettings, log: Log) => {
        await prepareSchema(settings, schema, migrations ?? settings.values.MIGRATIONS, log);
        return {
          ...dataSourceOptions(settings, log),
          autoLoadEntities: true,
          retryAttempts: 0, // it was there a moment ago
          toRetry: () => false,
        };
      },
    });
    return {
      module: DatabaseModule,
      global: true,
      imports: [HealthModule, connections],
      providers: [Database, Durability, Notifications],
      exports: [Database, Notifications],
    };
  }
}
