import { Global, Module } from '@nestjs/common';
import { Database } from '../database';
import { HealthChecks } from './health-checks';

@Global()
@Module({
  providers: [
    {
      provide: HealthChecks,
      inject: [Database],
      useFactory: (database: Database) => {
        const checks = new HealthChecks();
        checks.register('database', async (): Promise<'ok'> => {
          await database.query('SELECT 1');
          return 'ok';
        });
        return checks;
      },
    },
  ],
  exports: [HealthChecks],
})
export class HealthModule {}
