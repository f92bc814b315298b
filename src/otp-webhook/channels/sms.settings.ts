import {
  address,
  custom,
  defineSettings,
  Invalid,
  type LoadedSettings,
  oneOf,
  partnerSecret,
  Secret,
  text,
  url,
} from '../../platform/config';

/** Which SMS provider a unit uses. */
export const smsSettings = defineSettings({
  title: 'SMS (one-time codes)',
  unitOptional: {
    SMS_PROVIDER: oneOf(['twilio', 'http'], {
      about: "The unit's SMS provider; default: the one that is configured, Twilio first",
    }),
    SMS_SUFFIX: custom(
      {
        about:
          "Last line of each SMS, `{{code}}` allowed: an app's hash, or `@domain #{{code}}`; above 160 characters in all an SMS costs twice",
      },
      suffix,
    ),
  },
});

/** Twilio's Messages API, per business unit. */
export const twilioSettings = defineSettings({
  title: 'Twilio (one-time codes by SMS)',
  required: {
    TWILIO_BASE_URL: url({ about: "Twilio's API", default: 'https://api.twilio.com' }),
  },
  unit: {
    TWILIO_ACCOUNT_SID: text({ about: "The unit's account" }),
    TWILIO_AUTH_TOKEN: partnerSecret({ about: 'Authenticates us, and signs status callbacks' }),
    TWILIO_FROM: text({ about: 'Sender number in E.164, or a messaging service (`MG…`)' }),
  },
});

/** Any other SMS aggregator with an HTTP API, described by configuration. */
export const smsHttpSettings = defineSettings({
  title: 'SMS over HTTP (one-time codes)',
  unit: {
    SMS_HTTP_URL: address({ about: "The aggregator's address for sending" }),
    SMS_HTTP_METHOD: oneOf(['POST', 'PUT'], { about: 'HTTP method', default: 'POST' }),
    SMS_HTTP_HEADERS: custom(
      { about: 'Request headers as a JSON object', secret: true, default: '{}' },
      headers,
    ),
    SMS_HTTP_BODY: custom(
      {
        about: 'Body, JSON or form, with `{{to}}` (`628…`) and `{{message}}`; values are escaped',
        secret: true,
      },
      bodyTemplate,
    ),
  },
  unitOptional: {
    SMS_HTTP_ID_PATH: text({ about: 'Where the answer names the message, such as `data.msg_id`' }),
  },
});

export type SmsSettings = LoadedSettings<typeof smsSettings>;
export type TwilioSettings = LoadedSettings<typeof twilioSettings>;
export type TwilioAccount = NonNullable<ReturnType<TwilioSettings['forUnit']>>;
export type SmsHttpSettings = LoadedSettings<typeof smsHttpSettings>;
export type SmsHttpAccount = NonNullable<ReturnType<SmsHttpSettings['forUnit']>>;

const LONGEST_SUFFIX = 100;

function suffix(raw: string): string {
  if (!/^\P{Cc}+$/u.test(raw) || raw.length > LONGEST_SUFFIX)
    throw new Invalid(`must be one line of at most ${LONGEST_SUFFIX} characters`);
  if (/[{}]/.test(raw.replaceAll('{{code}}', '')))
    throw new Invalid('may hold {{code}} and nothing else in braces');
  return raw;
}

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

function headers(raw: string): Secret<Readonly<Record<string, string>>> {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    throw new Invalid('must be a JSON object');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Invalid('must be a JSON object');
  const entries = Object.entries(value).map(([name, text]: [string, unknown]) => {
    if (!HEADER_NAME.test(name) || typeof text !== 'string' || /[\r\n\0]/.test(text))
      throw new Invalid('must map header names to texts of one line');
    return [name.toLowerCase(), text] as const;
  });
  return new Secret(Object.fromEntries(entries));
}

/** A secret because some aggregators take their credentials in the body. */
function bodyTemplate(raw: string): Secret {
  if (!raw.includes('{{to}}') || !raw.includes('{{message}}'))
    throw new Invalid('must hold {{to}} and {{message}}');
  return new Secret(raw);
}
