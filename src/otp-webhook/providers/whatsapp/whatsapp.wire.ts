import { z } from 'zod';
import { answerReader, refusalOf } from '../http-api';
import { MESSAGE_ID, type OtpMessage, type Outcome } from '../otp-provider';
import { asDeliveryId, type Receipt, type ReceiptStatus } from '../receipt';

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

const taken = z
  .object({ messages: z.tuple([z.object({ id: z.string().regex(MESSAGE_ID) })]).rest(z.unknown()) })
  .transform(({ messages: [{ id: messageId }] }) => ({ messageId }));
const failure = z.object({ code: z.number().int() });
const refused = z.object({ error: failure });

/** What Meta's answer to a message means. */
export const readAnswer = answerReader({
  taken: (body) => taken.safeParse(body).data,
  code: (body) => refused.safeParse(body).data?.error.code,
  outcomes: META_OUTCOMES,
});

/** Meta's words that say something about a message; others are ignored. */
const STATUSES: ReadonlyMap<string, ReceiptStatus> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['failed', 'failed'],
]);

/** A delivery receipt in Meta's words; `biz_opaque_callback_data` is what we sent along, absent for messages of other systems. */
const status = z.object({
  id: z.string().regex(MESSAGE_ID),
  status: z.string(),
  biz_opaque_callback_data: z.string().optional().catch(undefined),
  errors: z.array(z.unknown()).catch([]),
});

/** The receipts of a `messages` webhook; what is something else, or unreadable, is left out. */
export function readReceipts(notification: unknown): readonly Receipt[] {
  return membersOf(notification, 'entry')
    .flatMap((entry) => membersOf(entry, 'changes'))
    .flatMap((change) => membersOf(memberOf(change, 'value'), 'statuses'))
    .flatMap((item) => toReceipt(status.safeParse(item).data) ?? []);
}

function toReceipt(reported: z.infer<typeof status> | undefined): Receipt | undefined {
  const known = STATUSES.get(reported?.status ?? '');
  if (reported === undefined || known === undefined) return undefined;
  const { id: messageId, biz_opaque_callback_data: opaque, errors } = reported;
  const [failed] = errors.flatMap((each) => failure.safeParse(each).data ?? []);
  const about = { provider: 'whatsapp', messageId, deliveryId: asDeliveryId(opaque) };
  const { outcome } = refusalOf(failed?.code ?? 0, META_OUTCOMES);
  return { ...about, status: known, outcome, errorCode: failed?.code.toString() };
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
