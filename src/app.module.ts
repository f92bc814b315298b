import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AuthModule, authSettings } from './auth';
import { BusinessUnitsModule, businessUnitSettings } from './business-units';
import { CallerScope } from './caller-scope';
import { CommonKycModule, commonKycQueues, commonKycSettings } from './common-kyc';
import { gtfCoeSettings, GtfModule, gtfQueues, gtfSettings, gtfSivSettings } from './gtf';
import { KycLedgerModule, ledgerSettings } from './kyc-ledger';
import { OperationModule } from './operation';
import { OtpWebhookModule, otpWebhookSettings } from './otp-webhook';
import { metricsPort, platformSettings, SettingsModule, type SettingsRegistry } from './platform/config';
import { CryptoModule, cryptoSettings } from './platform/crypto';
import { DatabaseModule, databaseSettings } from './platform/database';
import { HealthModule } from './platform/health';
import { HttpTraffic, ProblemFilter, RequestValidationPipe } from './platform/http';
import { IdempotencyModule } from './platform/idempotency';
import { JobsModule } from './platform/jobs';
import { LimitsModule } from './platform/limits';
import { type Log, LoggingModule } from './platform/logging';
import { MetricsModule } from './platform/metrics';
import { OutboundModule } from './platform/outbound';
import { TimeModule } from './platform/time';
import { SchedulerModule } from './platform/scheduler';
import { SatusehatModule, satusehatSettings } from './satusehat';
import { UnitEventsModule, unitEventsQueues, unitEventsSettings } from './unit-events';

/** Every feature's environment variables, in the order the reference lists them. */
export const declarations = [
  platformSettings,
  databaseSettings,
  cryptoSettings,
  businessUnitSettings,
  authSettings,
  ledgerSettings,
  commonKycSettings,
  gtfSettings,
  gtfCoeSettings,
  gtfSivSettings,
  satusehatSettings,
  ...otpWebhookSettings,
  unitEventsSettings,
];

/** What the launcher, the lab, the tests and `docker-compose.yml` read from the same environment. */
export const variablesOfOthers = [
  'DATA_DIR',
  'ENV_FILE',
  'LAB',
  'LAB_BASE_PORT',
  'LAB_GATEWAY_URL',
  'LAB_HOST',
  'LAB_OTP_WEBHOOK',
  'LAB_STATE_DIR',
  'POSTGRES_PASSWORD',
  'TEST_DATABASE_URL',
];

/** Every queue that a module works on: migrations make them. */
export const queues = [...commonKycQueues, ...gtfQueues, ...unitEventsQueues];

@Module({})
export class AppModule {
  static forRoot(settings: SettingsRegistry, log: Log): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.forRoot(settings),
        LoggingModule.forRoot(log),
        TimeModule,
        SchedulerModule,
        MetricsModule,
        CryptoModule,
        DatabaseModule.forRoot({ queues }),
        HealthModule,
        JobsModule,
        LimitsModule,
        OutboundModule,
        BusinessUnitsModule,
        AuthModule,
        IdempotencyModule.forRoot(CallerScope),
        KycLedgerModule,
        CommonKycModule,
        GtfModule,
        SatusehatModule,
        OtpWebhookModule,
        UnitEventsModule,
        OperationModule.forRoot(metricsPort(settings.of(platformSettings)) !== undefined),
      ],
      providers: [
        HttpTraffic,
        ProblemFilter,
        { provide: APP_FILTER, useExisting: ProblemFilter },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
      ],
    };
  }
}
