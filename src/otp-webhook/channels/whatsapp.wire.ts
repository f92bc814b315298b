import { z } from 'zod';
import { MESSAGE_ID, type OtpMessage, type Outcome, type SendResult } from './otp-provider';
import { refusalOf, refusalOfStatus } from './refusal';

/** The authentication template's message (Cloud API "Authentication templates"): the code stands in body and button alike. */
export function templateMessage(message: OtpMessage, template: { name: string; language: string }): object {
  const code = [{ type: 'text', text: message.code }];
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: message.to,
    type: 'template',
    template: {
      name: template.name,
      language: { code: template.language },
      components: [
        { type: 'body', parameters: code },
        { type: 'button', sub_type: 'url', index: '0', parameters: code },
      ],
    },
    biz_opaque_callback_data: message.deliveryId,
  };
}

const taken = z.object({
  messages: z.tuple([z.object({ id: z.string().regex(MESSAGE_ID) })]).rest(z.unknown()),
});
const refused = z.object({ error: z.object({ code: z.number().int() }) });

/** Meta's codes (otp-channels.md §4); its titles and messages change and are never looked at. */
export const META_OUTCOMES: Readonly<Record<number, Outcome>> = {
  0: 'setup',
  1: 'transient',
  2: 'transient',
  4: 'transient',
  100: 'setup',
  190: 'setup',
  368: 'setup',
  80007: 'transient',
  130429: 'transient',
  131000: 'transient',
  131008: 'setup',
  131009: 'setup',
  131016: 'transient',
  131026: 'recipient',
  131031: 'setup',
  131042: 'setup',
  131048: 'spam',
  131056: 'throttled',
  132000: 'setup',
  132001: 'setup',
  132005: 'setup',
  132007: 'setup',
  132015: 'setup',
};

/** What a code of Meta's means; one we do not know is somebody's to look at, unless the status says "later". */
export function outcomeOfMetaCode(code: number): Outcome {
  return refusalOf(code, META_OUTCOMES).outcome;
}

/** What Meta's answer to a message means. */
export function readAnswer(httpStatus: number, body: unknown): SendResult {
  if (httpStatus >= 200 && httpStatus < 300) {
    const answer = taken.safeParse(body);
    // Something in between answered for Meta: nobody knows whether the message went out.
    return answer.success
      ? { outcome: 'accepted', messageId: answer.data.messages[0].id }
      : { outcome: 'unknown' };
  }
  const refusal = refused.safeParse(body);
  if (refusal.success) {
    const { code } = refusal.data.error;
    return { ...refusalOf(code, META_OUTCOMES, httpStatus), errorCode: String(code) };
  }
  return { ...refusalOfStatus(httpStatus), errorCode: `http_${httpStatus}` };
}

/** A delivery receipt in Meta's words. */
export interface MetaStatus {
  readonly messageId: string;
  readonly status: string;
  /** What we sent along as `biz_opaque_callback_data`; absent for messages of other systems. */
  readonly opaque: string | undefined;
  readonly errorCode: number | undefined;
}

const status = z.object({
  id: z.string().regex(MESSAGE_ID),
  status: z.string(),
  biz_opaque_callback_data: z.string().optional().catch(undefined),
  errors: z.array(z.unknown()).catch([]),
});
const error = z.object({ code: z.number().int() });

/** The receipts of a `messages` webhook; what is something else, or unreadable, is left out. */
export function readStatuses(body: unknown): readonly MetaStatus[] {
  return membersOf(body, 'entry')
    .flatMap((entry) => membersOf(entry, 'changes'))
    .flatMap((change) => membersOf(memberOf(change, 'value'), 'statuses'))
    .flatMap((item) => {
      const one = status.safeParse(item);
      if (!one.success) return [];
      const { id, status: word, biz_opaque_callback_data: opaque, errors } = one.data;
      const [failure] = errors.flatMap((each) => error.safeParse(each).data ?? []);
      return [{ messageId: id, status: word, opaque, errorCode: failure?.code }];
    });
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** None where there is no such list. */
function membersOf(value: unknown, name: string): readonly unknown[] {
  const members = memberOf(value, name);
  return Array.isArray(members) ? members : [];
}
