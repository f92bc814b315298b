import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { type PlatformSettings, platformSettings } from '../config';
import { Database } from './database';
import { Durability } from './durability';
import { GroupFlush } from './group-flush';
import { Notifications } from './notifications';
import { migrate } from './sql-migrations';

/** Waiting longer for a connection than this means "the database is away": callers hear 503 within 3 s. */
const CONNECTION_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** A connection that PostgreSQL's own time-out was not heard on by then is dead: its host is gone, and nothing else would tell. */
const SILENT_FOR_MS = STATEMENT_TIMEOUT_MS + 5_000;

function dataSourceOptions(settings: PlatformSettings): DataSourceOptions {
  return {
    type: 'postgres',
    url: settings.values.DATABASE_URL.reveal(),
    applicationName: 'kyc-gateway',
    poolSize: settings.values.DATABASE_POOL_SIZE,
    connectTimeoutMS: CONNECTION_TIMEOUT_MS,
    synchronize: false,
    logging: false,
    // pipeline: statements are sent without waiting for the answers of those before them (see transaction.ts).
    extra: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: SILENT_FOR_MS,
      keepAlive: true,
      pipeline: true,
    },
  };
}

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [platformSettings.token],
      useFactory: (settings: PlatformSettings) => ({
        ...dataSourceOptions(settings),
        autoLoadEntities: true,
        retryAttempts: 5,
        retryDelay: 1_000,
      }),
      dataSourceFactory: async (options) => {
        if (options?.type !== 'postgres' || options.url === undefined)
          throw new Error('the database is not configured');
        await migrate(options.url);
        return new DataSource(options).initialize();
      },
    }),
  ],
  providers: [Database, Durability, GroupFlush, Notifications],
  exports: [Database, Notifications],
})
export class DatabaseModule {}
