import { createHash } from 'node:crypto';

/** The credentials one business unit has at every partner of the lab. Public by design: they open nothing but the lab. */
export interface LabCredentials {
  readonly commonKyc: { readonly clientId: string; readonly clientSecret: string };
  readonly gtf: {
    readonly clientId: string;
    readonly passKey: string;
    readonly coeOnboardingPartner: string;
    readonly sivOnboardingPartner: string;
    readonly userIdType: string;
  };
  /** What GTF sends with each callback; `value` is the header's whole value. */
  readonly gtfCallback: { readonly header: string; readonly value: string };
  readonly satusehat: { readonly clientId: string; readonly clientSecret: string };
  readonly smtp: { readonly user: string; readonly password: string; readonly from: string };
  readonly whatsapp: {
    readonly phoneNumberId: string;
    readonly accessToken: string;
    readonly appSecret: string;
    readonly verifyToken: string;
    readonly template: string;
    readonly language: string;
  };
  readonly twilio: {
    readonly accountSid: string;
    readonly authToken: string;
    readonly from: string;
    readonly messagingServiceSid: string;
  };
  readonly smsHttp: { readonly apiKey: string; readonly senderId: string };
  /** With which the gateway signs events (Standard Webhooks). */
  readonly eventsSecret: string;
  readonly verihubs: { readonly appId: string; readonly apiKey: string; readonly callbackSecret: string };
}

/** Deterministic, so that a restarted lab, its gateway and the tests agree without exchanging anything. */
export function labCredentials(unit: string): LabCredentials {
  const digest = createHash('sha256').update(`lab ${unit}`).digest('hex');
  const digits = BigInt(`0x${digest.slice(0, 12)}`)
    .toString()
    .padStart(15, '0')
    .slice(0, 14);
  const shouted = unit.toUpperCase().replaceAll('-', '_');
  return {
    commonKyc: { clientId: unit, clientSecret: `lab-${unit}-common-kyc-client-secret` },
    gtf: {
      clientId: `lab-${unit}-gtf`,
      passKey: `lab-${unit}-gtf-pass-key`,
      coeOnboardingPartner: `${shouted}-SDK-COE_FACE_VERIFICATION`,
      sivOnboardingPartner: `${shouted}-WEB_SDK-STANDALONE_IDENTITY_VERIFICATION`,
      userIdType: 'SIMAS_ID',
    },
    gtfCallback: { header: 'Authorization', value: `Bearer lab-${unit}-gtf-callback-secret` },
    satusehat: {
      clientId: `lab-${unit}-satusehat-client`,
      clientSecret: `lab-${unit}-satusehat-client-secret`,
    },
    smtp: {
      user: `lab-${unit}`,
      password: `lab-${unit}-smtp-password`,
      from: `${unit} <no-reply@${unit}.example>`,
    },
    whatsapp: {
      phoneNumberId: `1${digits}`,
      accessToken: `lab-${unit}-whatsapp-access-token`,
      appSecret: `lab-${unit}-whatsapp-app-secret`,
      verifyToken: `lab-${unit}-whatsapp-verify-token`,
      template: 'otp_login',
      language: 'id',
    },
    twilio: {
      accountSid: `AC${digest.slice(0, 32)}`,
      authToken: `lab-${unit}-twilio-auth-token`,
      from: `+1500${digits.slice(0, 7)}`,
      messagingServiceSid: `MG${digest.slice(32, 64)}`,
    },
    smsHttp: { apiKey: `lab-${unit}-sms-api-key`, senderId: shouted.slice(0, 11) },
    eventsSecret: `whsec_${Buffer.from(`lab-${unit}-secret-of-the-events`).toString('base64')}`,
    verihubs: {
      appId: `lab-${unit}-verihubs`,
      apiKey: `lab-${unit}-verihubs-api-key`,
      callbackSecret: `lab-${unit}-verihubs-callback-secret`,
    },
  };
}
