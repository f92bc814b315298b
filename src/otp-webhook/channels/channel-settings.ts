import { Inject, Injectable } from '@nestjs/common';
import {
  type SmsHttpSettings,
  smsHttpSettings,
  type SmsSettings,
  smsSettings,
  type TwilioSettings,
  twilioSettings,
} from './sms.settings';
import { type SmtpSettings, smtpSettings } from './smtp.settings';
import { type WhatsappSettings, whatsappSettings } from './whatsapp.settings';

/** The units' accounts at all providers of the OTP channels. */
@Injectable()
export class ChannelSettings {
  constructor(
    @Inject(smtpSettings.token) readonly smtp: SmtpSettings,
    @Inject(whatsappSettings.token) readonly whatsapp: WhatsappSettings,
    @Inject(smsSettings.token) readonly sms: SmsSettings,
    @Inject(twilioSettings.token) readonly twilio: TwilioSettings,
    @Inject(smsHttpSettings.token) readonly smsHttp: SmsHttpSettings,
  ) {}
}
