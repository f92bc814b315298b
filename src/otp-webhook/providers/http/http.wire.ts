import { MESSAGE_ID, type Refusal, type SendResult } from '../otp-provider';
import { refusalOfStatus } from '../http-message';

type Values = Readonly<Record<'to' | 'message', string>>;

/** The configured content type, else what the template looks like. */
export function contentTypeOf(headers: Readonly<Record<string, string>>, template: string): string {
  return (
    headers['content-type'] ??
    (template.trimStart().startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded')
  );
}

/** The request body: every value is escaped for the body's type, so that a message cannot become structure. */
export function fillTemplate(template: string, values: Values, contentType: string): string {
  const escape = /\bjson\b/i.test(contentType) ? escapeJson : encodeURIComponent;
  return template.replace(/\{\{(to|message)\}\}/g, (_, name: 'to' | 'message') => escape(values[name]));
}

function escapeJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** 2xx is success; anything else by its status alone, because every aggregator has error words of its own. */
export function readAnswer(httpStatus: number, body: unknown, idPath: string | undefined): SendResult {
  if (httpStatus >= 200 && httpStatus < 300) return { outcome: 'accepted', messageId: valueAt(body, idPath) };
  // "The number is blocked" and "not this number", as aggregators usually say it.
  const refusal: Refusal =
    httpStatus === 409 || httpStatus === 422 ? { outcome: 'recipient' } : refusalOfStatus(httpStatus);
  return { ...refusal, errorCode: `http_${httpStatus}` };
}

/** `data.msg_id` → the text or number there. */
function valueAt(body: unknown, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let value = body;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  const id = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return MESSAGE_ID.test(id) ? id : undefined;
}
