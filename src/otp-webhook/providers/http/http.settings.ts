import { z } from 'zod';
import { address, defineSettings, Secret } from '../../../platform/config';

const SECRET = { writeOnly: true };
const NO_OBJECT = 'must be a JSON object';
const NO_HEADERS = 'must map header names to texts of one line';

const headers = z
  .string()
  .meta(SECRET)
  .transform((raw, context): unknown => {
    try {
      return JSON.parse(raw);
    } catch {
      context.addIssue(NO_OBJECT);
      return z.NEVER;
    }
  })
  .pipe(
    z.record(
      z
        .string()
        .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, NO_HEADERS)
        .toLowerCase(),
      z.string(NO_HEADERS).regex(/^[^\r\n\0]*$/, NO_HEADERS),
      NO_OBJECT,
    ),
  )
  .transform((map) => new Secret<Readonly<Record<string, string>>>(map));

/** A secret because some aggregators take their credentials in the body. */
const bodyTemplate = z
  .string()
  .meta(SECRET)
  .refine((raw) => raw.includes('{{to}}') && raw.includes('{{message}}'), 'must hold {{to}} and {{message}}')
  .transform((raw) => new Secret(raw));

/** Any other SMS aggregator with an HTTP API, described by configuration. */
export const httpSettings = defineSettings({
  title: 'SMS over HTTP (one-time codes)',
  unit: {
    SMS_HTTP_URL: address().describe("The aggregator's address for sending"),
    SMS_HTTP_METHOD: z.enum(['POST', 'PUT']).prefault('POST').describe('HTTP method'),
    SMS_HTTP_HEADERS: headers.prefault('{}').describe('Request headers as a JSON object'),
    SMS_HTTP_BODY: bodyTemplate.describe(
      'Body, JSON or form, with `{{to}}` (`628…`) and `{{message}}`; values are escaped',
    ),
  },
  unitOptional: {
    SMS_HTTP_ID_PATH: z
      .string()
      .optional()
      .describe('Where the answer names the message, such as `data.msg_id`'),
  },
});
