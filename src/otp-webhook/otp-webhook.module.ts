import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Receipts } from './providers/receipts';
import { PROVIDERS } from './providers/registry';
import { OtpCheckup } from './checkup/otp-checkup';
import { ChannelAccounts } from './delivery/channel-accounts';
import { DeliverySweep } from './delivery/delivery-sweep.service';
import { DeliveryRepository } from './delivery/delivery.repository';
import { DeliveryWorker } from './delivery/delivery-worker.service';
import { DueNotifier } from './delivery/due-notifier';
import { ResultRecorder } from './delivery/result-recorder.service';
import { DeliverySecrets } from './delivery/delivery-secret';
import { SendOtp } from './delivery/send-otp.service';
import { AcceptOtp } from './intake/accept-otp.service';
import { IntakeRepository } from './intake/intake.repository';
import { NewDeliveries } from './intake/new-deliveries';
import { OtpSender, OtpWebhookController } from './intake/otp-webhook.controller';
import { HourlyQuota } from './intake/hourly-quota.service';
import { Attempt, Delivery, LimitReset, OtpIdempotencyKey, Prefix, Recipient } from './otp.entity';
import { OtpJournal } from './otp-journal';
import { ApplyReceipts } from './receipts/apply-receipts.service';
import { ReceiptRepository } from './receipts/receipt.repository';
import { ForgottenRecipients } from './records/forgotten-recipients';
import { OtpDeliveriesController } from './records/otp-deliveries.controller';
import { OtpDeliveries } from './records/otp-deliveries.service';
import { OtpLimitsController } from './records/otp-limits.controller';
import { OtpLimits } from './records/otp-limits.service';
import { OtpRetention } from './records/otp-retention.service';

const INTAKE = [OtpSender, AcceptOtp, HourlyQuota, NewDeliveries, IntakeRepository];
const DELIVERY = [
  DeliveryWorker,
  SendOtp,
  ResultRecorder,
  DeliverySweep,
  DeliveryRepository,
  DueNotifier,
  DeliverySecrets,
  ChannelAccounts,
];
const RECEIPTS = [
  { provide: Receipts, useClass: ApplyReceipts },
  ReceiptRepository,
  ...PROVIDERS.flatMap(({ receipts }) => receipts?.injectables ?? []),
];

/** Delivers the one-time codes that SIMAS-ID makes: by e-mail, SMS and WhatsApp. */
@Module({
  imports: [TypeOrmModule.forFeature([Delivery, Attempt, Recipient, Prefix, OtpIdempotencyKey, LimitReset])],
  controllers: [
    OtpWebhookController,
    OtpDeliveriesController,
    OtpLimitsController,
    ...PROVIDERS.flatMap(({ receipts }) => receipts?.controllers ?? []),
  ],
  providers: [
    ...INTAKE,
    ...DELIVERY,
    ...RECEIPTS,
    OtpDeliveries,
    OtpLimits,
    ForgottenRecipients,
    OtpRetention,
    OtpCheckup,
    OtpJournal,
  ],
})
export class OtpWebhookModule {}
