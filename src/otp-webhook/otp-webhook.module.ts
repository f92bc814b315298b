import { Module } from '@nestjs/common';
import { OtpChannels } from './providers/otp-channels';
import { ProviderAccounts } from './providers/provider-accounts';
import { Receipts } from './providers/receipt';
import { PROVIDERS } from './providers/registry';
import { ClaimRepository } from './delivery/claim.repository';
import { DeliverOtp } from './delivery/deliver-otp.service';
import { DeliveryJobs } from './delivery/queue/delivery-jobs';
import { DeliveryJournal } from './delivery/delivery-journal';
import { ResultRecorder } from './delivery/result-recorder.service';
import { DeliverySecrets } from './delivery/delivery-secret';
import { FallbackPolicy } from './delivery/fallback-policy';
import { Deferral } from './delivery/queue/deferral.service';
import { ChannelAccounts } from './delivery/accounts/channel-accounts';
import { OverdueDeliveries } from './delivery/queue/overdue-deliveries.service';
import { OverdueRepository } from './delivery/queue/overdue.repository';
import { SendOtp } from './delivery/send-otp.service';
import { AttemptRepository } from './delivery/attempt.repository';
import { WaitingDeliveries } from './delivery/queue/waiting-deliveries';
import { AcceptOtp } from './intake/accept-otp.service';
import { IntakeRepository } from './intake/intake.repository';
import { NewDeliveries } from './intake/new-deliveries';
import { OtpRequestReader } from './intake/otp-request.reader';
import { OtpSender } from './intake/otp-sender.authenticator';
import { OtpWebhookController } from './intake/otp-webhook.controller';
import { HourlyQuota } from './intake/hourly-quota.service';
import { UnlimitedUnits } from './checkup/unlimited-units';
import { StoreOtp } from './intake/store-otp.service';
import { OtpMetrics } from './otp-metrics';
import { ApplyReceipts } from './receipts/apply-receipts.service';
import { ReceiptRepository } from './receipts/receipt.repository';
import { ForgottenRecipients } from './records/forgotten-recipients';
import { OtpDeliveriesController } from './records/otp-deliveries.controller';
import { OtpDeliveries } from './records/otp-deliveries.service';
import { OtpDeliveryRecords } from './records/otp-delivery-records';
import { OtpLimitsController } from './records/otp-limits.controller';
import { OtpLimits } from './records/otp-limits.service';

const INTAKE = [
  OtpSender,
  AcceptOtp,
  StoreOtp,
  HourlyQuota,
  UnlimitedUnits,
  OtpRequestReader,
  NewDeliveries,
  IntakeRepository,
];
const DELIVERY = [
  DeliverOtp,
  SendOtp,
  ResultRecorder,
  Deferral,
  OverdueDeliveries,
  ClaimRepository,
  AttemptRepository,
  WaitingDeliveries,
  OverdueRepository,
  DeliveryJobs,
  DeliveryJournal,
  DeliverySecrets,
  FallbackPolicy,
  ChannelAccounts,
];
const CHANNELS = [OtpChannels, ProviderAccounts];
const RECEIPTS = [
  { provide: Receipts, useClass: ApplyReceipts },
  ReceiptRepository,
  ...PROVIDERS.flatMap(({ receipts }) => receipts?.injectables ?? []),
];

/** Delivers the one-time codes that SIMAS-ID makes: by e-mail, SMS and WhatsApp. */
@Module({
  controllers: [
    OtpWebhookController,
    OtpDeliveriesController,
    OtpLimitsController,
    ...PROVIDERS.flatMap(({ receipts }) => receipts?.controllers ?? []),
  ],
  providers: [
    ...INTAKE,
    ...DELIVERY,
    ...CHANNELS,
    ...RECEIPTS,
    OtpDeliveries,
    OtpDeliveryRecords,
    OtpLimits,
    ForgottenRecipients,
    OtpMetrics,
  ],
})
export class OtpWebhookModule {}
