import type { LabCredentials } from '../credentials';

/** A refusal in Twilio's words. */
export interface TwilioError {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

export interface SmsRequest {
  readonly to: string;
  /** Null when a messaging service chooses the sender. */
  readonly from: string | null;
  readonly messagingServiceSid: string | null;
  readonly text: string;
  readonly validitySeconds: number;
  readonly statusCallback: string | undefined;
}

const MAX_BODY = 1600;
const MAX_VALIDITY_SECONDS = 36_000;

/** Reads the form of `POST …/Messages.json` (Twilio "Messages resource"). */
export function readSmsRequest(
  form: Readonly<Record<string, string>>,
  own: LabCredentials['twilio'],
): SmsRequest | TwilioError {
  const recipient = recipientError(form['To']);
  if (recipient !== undefined) return recipient;
  const sender = senderError(form, own);
  if (sender !== undefined) return sender;
  const {
    To: to = '',
    From: from = null,
    MessagingServiceSid: messagingServiceSid = null,
    Body: text = '',
  } = form;
  if (text === '') return refusal(21602, 'Message body is required.');
  if (text.length > MAX_BODY)
    return refusal(21617, 'The concatenated message body exceeds the 1600 character limit');
  const validitySeconds = Number(form['ValidityPeriod'] ?? MAX_VALIDITY_SECONDS);
  if (!Number.isInteger(validitySeconds) || validitySeconds < 1 || validitySeconds > MAX_VALIDITY_SECONDS) {
    return refusal(21624, 'Invalid validity period value');
  }
  const statusCallback = form['StatusCallback'];
  if (statusCallback !== undefined && !(/^https?:/.test(statusCallback) && URL.canParse(statusCallback))) {
    return refusal(21609, "The 'StatusCallback' URL is not a valid URL");
  }
  return { to, from, messagingServiceSid, text, validitySeconds, statusCallback };
}

export function isTwilioError(result: object | string): result is TwilioError {
  return typeof result === 'object' && 'code' in result;
}

function recipientError(to: string | undefined): TwilioError | undefined {
  if (to === undefined || to === '') return refusal(21604, "A 'To' phone number is required.");
  if (!/^\+[1-9]\d{7,14}$/.test(to)) return refusal(21211, `Invalid 'To' Phone Number: ${to}`);
  if (!to.startsWith('+62')) {
    return refusal(
      21408,
      "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    );
  }
  return to.startsWith('+628') ? undefined : refusal(21614, `To number: ${to}, is not a mobile number`);
}

function senderError(
  form: Readonly<Record<string, string>>,
  own: LabCredentials['twilio'],
): TwilioError | undefined {
  const { From: from, MessagingServiceSid: service } = form;
  if (service !== undefined) {
    return service === own.messagingServiceSid
      ? undefined
      : refusal(21705, 'The Messaging Service Sid is invalid');
  }
  if (from === undefined || from === '') return refusal(21603, "A 'From' phone number is required.");
  return from === own.from
    ? undefined
    : refusal(
        21606,
        `The 'From' phone number ${from} is not a valid, SMS-capable inbound phone number for your account`,
      );
}

function refusal(code: number, message: string): TwilioError {
  return { status: 400, code, message };
}
