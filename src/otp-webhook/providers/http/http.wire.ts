import { answerReader, type ReadAnswer } from '../http-api';
import { MESSAGE_ID } from '../otp-provider';

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
export function readAnswer(idPath: string | undefined): ReadAnswer {
  return answerReader({
    taken: (body) => ({ messageId: valueAt(body, idPath) }),
    // "The number is blocked" and "not this number", as aggregators usually say it.
    statuses: { 409: 'recipient', 422: 'recipient' },
  });
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
