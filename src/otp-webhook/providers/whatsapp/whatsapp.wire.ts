import { z } from 'zod';
import { answerReader, outcomesByCode, refusalOf } from '../http-api';
import { MESSAGE_ID, type OtpMessage } from '../otp-provider';
import { asDeliveryId, type Receipt, type ReceiptStatus } from '../receipts';

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
export const META_OUTCOMES = outcomesByCode({
  transient: [1, 2, 4, 80007, 130429, 131000, 131016],
  throttled: [131056],
  recipient: [131026],
  setup: [0, 100, 190, 368, 131008, 131009, 131031, 131042, 132000, 132001, 132005, 132007, 132015],
  spam: [131048],
});

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

/** A list whose readable items are taken, and none where it is no list. */
function listOf<S extends z.ZodType>(item: S) {
  const items = z.array(z.unknown()).catch([]);
  return items.transform((all) => all.flatMap((each) => item.safeParse(each).data ?? []));
}

/** A delivery receipt in Meta's words; `biz_opaque_callback_data` is what we sent along, absent for messages of other systems. */
const status = z.object({
  id: z.string().regex(MESSAGE_ID),
  status: z.string(),
  biz_opaque_callback_data: z.string().optional().catch(undefined),
  errors: listOf(failure),
});
const change = z.object({ value: z.object({ statuses: listOf(status) }) });
const notification = z.object({ entry: listOf(z.object({ changes: listOf(change) })) });

/** Meta's words that report what became of a message, and ours; others are ignored. */
const STATUSES: ReadonlyMap<string, ReceiptStatus> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['failed', 'failed'],
]);

/** The receipts of a `messages` webhook; what is something else, or unreadable, is left out. */
export function readReceipts(body: unknown): readonly Receipt[] {
  const { entry = [] } = notification.safeParse(body).data ?? {};
  return entry
    .flatMap(({ changes }) => changes)
    .flatMap(({ value }) => value.statuses)
    .flatMap((reported) => toReceipt(reported) ?? []);
}

function toReceipt(reported: z.infer<typeof status>): Receipt | undefined {
  const known = STATUSES.get(reported.status);
  if (known === undefined) return undefined;
  const { id: messageId, biz_opaque_callback_data: opaque, errors } = reported;
  const code = errors[0]?.code;
  const about = { provider: 'whatsapp', messageId, deliveryId: asDeliveryId(opaque) };
  const { outcome } = refusalOf(code ?? 0, META_OUTCOMES);
  return { ...about, status: known, outcome, errorCode: code?.toString() };
}
