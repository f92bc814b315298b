import {
  address,
  custom,
  defineSettings,
  Invalid,
  type LoadedSettings,
  oneOf,
  Secret,
  text,
} from '../../../platform/config';

/** Any other SMS aggregator with an HTTP API, described by configuration. */
export const httpSettings = defineSettings({
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

export type HttpSettings = LoadedSettings<typeof httpSettings>;
export type HttpAccount = NonNullable<ReturnType<HttpSettings['forUnit']>>;

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
