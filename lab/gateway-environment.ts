import { labCredentials } from './credentials';
import { OFFICER_ROLE } from './simas-id';

/** Addresses of the lab's servers, without a trailing slash. */
export interface LabUrls {
  inbox: string;
  simasId: string;
  commonKyc: string;
  gtf: string;
  gtfStorage: string;
  satusehat: string;
  whatsapp: string;
  twilio: string;
  smtp: string;
  sms: string;
  verihubs: string;
  unitBackEnd: string;
  /** The page of a person; no partner, and none of the gateway's business. */
  onboarding: string;
}

/** Every variable that points a gateway at the lab: partners' addresses and the units' credentials there. */
export function gatewayEnvironment(options: {
  urls: LabUrls;
  units: readonly string[];
  issuer: string;
  satusehatPublicKeyPem: string;
}): Record<string, string> {
  const { urls, units, issuer, satusehatPublicKeyPem } = options;
  return {
    BUSINESS_UNITS: units.join(','),
    SIMAS_ID_BASE_URL: urls.simasId,
    SIMAS_ID_ISSUER: issuer,
    COMMON_KYC_BASE_URL: urls.commonKyc,
    GTF_COE_TOKEN_BASE_URL: urls.gtf,
    GTF_COE_BASE_URL: urls.gtf,
    GTF_ESIGN_TOKEN_BASE_URL: urls.gtf,
    GTF_ESIGN_BASE_URL: urls.gtf,
    GTF_UPLOAD_HOSTS: new URL(urls.gtfStorage).hostname,
    SATUSEHAT_BASE_URL: urls.satusehat,
    SATUSEHAT_PUBLIC_KEY: satusehatPublicKeyPem.trim().replaceAll('\n', '\\n'),
    WHATSAPP_BASE_URL: `${urls.whatsapp}/v26.0`,
    TWILIO_BASE_URL: urls.twilio,
    VERIHUBS_BASE_URL: urls.verihubs,
    ...Object.fromEntries(units.flatMap((unit) => unitVariables(unit, urls))),
  };
}

function unitVariables(unit: string, urls: LabUrls): (readonly [string, string])[] {
  const own = labCredentials(unit);
  const smtp = new URL(urls.smtp);
  smtp.username = own.smtp.user;
  smtp.password = own.smtp.password;
  const variables = {
    ALLOWED_ORIGINS: 'http://localhost:*',
    COMMON_KYC_CLIENT_ID: own.commonKyc.clientId,
    COMMON_KYC_CLIENT_SECRET: own.commonKyc.clientSecret,
    GTF_CLIENT_ID: own.gtf.clientId,
    GTF_PASS_KEY: own.gtf.passKey,
    GTF_COE_ONBOARDING_PARTNER: own.gtf.coeOnboardingPartner,
    GTF_SIV_ONBOARDING_PARTNER: own.gtf.sivOnboardingPartner,
    GTF_USER_ID_TYPE: own.gtf.userIdType,
    GTF_CALLBACK_HEADER: own.gtfCallback.header,
    GTF_CALLBACK_SECRET: own.gtfCallback.value,
    GTF_REDIRECT_ORIGINS: `https://${unit}.example`,
    SATUSEHAT_CLIENT_ID: own.satusehat.clientId,
    SATUSEHAT_CLIENT_SECRET: own.satusehat.clientSecret,
    SATUSEHAT_OFFICER_ROLE: OFFICER_ROLE,
    SMTP_URL: smtp.href,
    OTP_EMAIL_FROM: own.smtp.from,
    WHATSAPP_PHONE_NUMBER_ID: own.whatsapp.phoneNumberId,
    WHATSAPP_ACCESS_TOKEN: own.whatsapp.accessToken,
    WHATSAPP_TEMPLATE: own.whatsapp.template,
    WHATSAPP_LANGUAGE: own.whatsapp.language,
    WHATSAPP_APP_SECRET: own.whatsapp.appSecret,
    WHATSAPP_VERIFY_TOKEN: own.whatsapp.verifyToken,
    TWILIO_ACCOUNT_SID: own.twilio.accountSid,
    TWILIO_AUTH_TOKEN: own.twilio.authToken,
    TWILIO_FROM: own.twilio.from,
    SMS_PROVIDER: 'twilio',
    SMS_HTTP_URL: `${urls.sms}/send`,
    SMS_HTTP_METHOD: 'POST',
    SMS_HTTP_HEADERS: JSON.stringify({
      authorization: `Bearer ${own.smsHttp.apiKey}`,
      'content-type': 'application/json',
    }),
    SMS_HTTP_BODY: JSON.stringify({
      sender_id: own.smsHttp.senderId,
      recipient_number: '{{to}}',
      message_body: '{{message}}',
    }),
    SMS_HTTP_ID_PATH: 'msg_id',
    VERIHUBS_APP_ID: own.verihubs.appId,
    VERIHUBS_API_KEY: own.verihubs.apiKey,
    VERIHUBS_CALLBACK_SECRET: own.verihubs.callbackSecret,
    EVENTS_URL: `${urls.unitBackEnd}/events/${unit}`,
    EVENTS_SECRETS: own.eventsSecret,
  };
  const prefix = unitPrefix(unit);
  return Object.entries(variables).map(([name, value]) => [prefix + name, value]);
}

/** `nano-vest` → `BU_NANO_VEST_`. */
export function unitPrefix(unit: string): string {
  return `BU_${unit.toUpperCase().replaceAll('-', '_')}_`;
}
