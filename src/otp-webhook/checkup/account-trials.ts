import { Injectable } from '@nestjs/common';
import { Untried } from '../../platform/checkup';
import { hostOf, PartnerHttpClients, PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { ChannelSettings } from '../channels/channel-settings';
import type { OtpProvider } from '../channels/otp-provider';
import type { TwilioAccount } from '../channels/sms.settings';
import { inMailSession, whyNoSession } from '../channels/smtp.session';
import type { SmtpAccount } from '../channels/smtp.settings';
import type { WhatsappAccount } from '../channels/whatsapp.settings';

/** Tries a unit's account at a provider of the OTP channels, as far as that goes without sending anything. */
@Injectable()
export class AccountTrials {
  constructor(
    private readonly settings: ChannelSettings,
    private readonly httpClients: PartnerHttpClients,
  ) {}

  /** @throws Untried, or what is wrong */
  async run(businessUnit: string, { name }: OtpProvider, deadline: Deadline): Promise<string> {
    const { smtp, whatsapp, twilio } = this.settings;
    switch (name) {
      case 'smtp':
        return logIn(given(smtp.forUnit(businessUnit)), deadline);
      case 'whatsapp':
        return this.#whatsapp(given(whatsapp.forUnit(businessUnit)), deadline);
      case 'twilio':
        return this.#twilio(given(twilio.forUnit(businessUnit)), deadline);
      case 'http':
        throw new Untried('an SMS would have to be sent');
    }
  }

  /** The phone number's node of the Graph API: whoever may send from it may read it. */
  async #whatsapp(account: WhatsappAccount, deadline: Deadline): Promise<string> {
    const base = this.settings.whatsapp.values.WHATSAPP_BASE_URL;
    const authorization = `Bearer ${account.WHATSAPP_ACCESS_TOKEN.reveal()}`;
    const url = `${base}/${encodeURIComponent(account.WHATSAPP_PHONE_NUMBER_ID)}?fields=id`;
    await this.#read('whatsapp', base, { url, authorization, deadline });
    return 'knows the number; whether the template is approved shows with the first message';
  }

  /** The account resource of Twilio's API. */
  async #twilio(account: TwilioAccount, deadline: Deadline): Promise<string> {
    const { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: token } = account;
    const base = this.settings.twilio.values.TWILIO_BASE_URL;
    const authorization = `Basic ${Buffer.from(`${sid}:${token.reveal()}`).toString('base64')}`;
    const url = `${base}/2010-04-01/Accounts/${encodeURIComponent(sid)}.json`;
    await this.#read('twilio', base, { url, authorization, deadline });
    return 'takes the credentials';
  }

  async #read(
    partner: string,
    base: string,
    { url, authorization, deadline }: { url: string; authorization: string; deadline: Deadline },
  ): Promise<void> {
    const http = this.httpClients.create({ partner, hosts: [hostOf(base)], timeoutMs: deadline.remaining() });
    const headers = { authorization };
    const { status } = await http.send({ operation: 'checkup', method: 'GET', url, headers, deadline });
    if (status !== 200) throw new PartnerError(partner, 'checkup', 'error', { httpStatus: status });
  }
}

function given<T>(account: T | null): T {
  if (account === null) throw new Error('a channel exists only where an account is configured');
  return account;
}

/** Connects, secures the connection as it is for codes, and logs in where there is a user. */
async function logIn({ SMTP_URL: server }: SmtpAccount, deadline: Deadline): Promise<string> {
  try {
    await inMailSession(server, deadline.remaining(), (connection) => Promise.resolve(connection.quit()));
    return server.user === '' ? 'answers, without a log-in' : 'takes the log-in';
  } catch (error) {
    throw new Error(whyNoSession(server, error), { cause: error });
  }
}
