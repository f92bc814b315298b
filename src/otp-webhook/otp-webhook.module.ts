import { Module } from '@nestjs/common';
import { ChannelSettings } from './channels/channel-settings';
import { OtpChannels } from './channels/otp-channels';
import { OtpProviders } from './channels/otp-providers';
import { Claims } from './delivery/claims';
import { DeliverOtp } from './delivery/deliver-otp.service';
import { DeliveryJobs } from './delivery/delivery-jobs';
import { DeliveryJournal } from './delivery/delivery-journal';
import { DeliveryProgress } from './delivery/delivery-progress.service';
import { DeliverySecrets } from './delivery/delivery-secret';
import { FallbackPolicy } from './delivery/fallback-policy';
import { HoldBack } from './delivery/hold-back.service';
import { Lanes } from './delivery/lanes';
import { OverdueDeliveries } from './delivery/overdue-deliveries.service';
import { OverdueRepository } from './delivery/overdue.repository';
import { SendOtp } from './delivery/send-otp.service';
import { Settlements } from './delivery/settlements';
import { WaitingDeliveries } from './delivery/waiting-deliveries';
import { AcceptOtp } from './intake/accept-otp.service';
import { IntakeRepository } from './intake/intake.repository';
import { NewDeliveries } from './intake/new-deliveries';
import { OtpRequestReader } from './intake/otp-request.reader';
import { OtpSender } from './intake/otp-sender.proof';
import { OtpWebhookController } from './intake/otp-webhook.controller';
import { SpendFuse } from './intake/spend-fuse.service';
import { UnlimitedUnits } from './intake/unlimited-units';
import { StoreOtp } from './intake/store-otp.service';
import { OtpMetrics } from './otp-metrics';
import { ApplyReceipt } from './receipts/apply-receipt.service';
import { ReceiptRepository } from './receipts/receipt.repository';
import { SmsReceiptsController } from './receipts/sms-receipts.controller';
import { SmsReceipts } from './receipts/sms-receipts.service';
import { TwilioSignature } from './receipts/twilio-signature.proof';
import { WhatsappReceiptsController } from './receipts/whatsapp-receipts.controller';
import { WhatsappReceipts } from './receipts/whatsapp-receipts.service';
import { WhatsappSignature } from './receipts/whatsapp-signature.proof';
import { WhatsappVerifyToken } from './receipts/whatsapp-verify-token.proof';
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
  SpendFuse,
  UnlimitedUnits,
  OtpRequestReader,
  NewDeliveries,
  IntakeRepository,
];
const DELIVERY = [
  DeliverOtp,
  SendOtp,
  DeliveryProgress,
  HoldBack,
  OverdueDeliveries,
  Claims,
  Settlements,
  WaitingDeliveries,
  OverdueRepository,
  DeliveryJobs,
  DeliveryJournal,
  DeliverySecrets,
  FallbackPolicy,
  Lanes,
];
const CHANNELS = [OtpChannels, OtpProviders, ChannelSettings];
const RECEIPTS = [
  WhatsappSignature,
  WhatsappVerifyToken,
  TwilioSignature,
  WhatsappReceipts,
  SmsReceipts,
  ApplyReceipt,
  ReceiptRepository,
];

/** Delivers the one-time codes that SIMAS-ID makes: by e-mail, SMS and WhatsApp. */
@Module({
  controllers: [
    OtpWebhookController,
    OtpDeliveriesController,
    OtpLimitsController,
    WhatsappReceiptsController,
    SmsReceiptsController,
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
