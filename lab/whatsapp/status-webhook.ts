import { createHmac } from 'node:crypto';
import { callGateway, type GatewayAnswer } from '../gateway-link';
import type { ReceiptStep } from '../receipt-plan';

/** What a status webhook tells of a message. */
export interface StatusSubject {
  readonly id: string;
  readonly to: string;
  readonly opaque?: string | undefined;
}

const TITLES: Readonly<Record<number, string>> = {
  131026: 'Message undeliverable',
  131047: 'Re-engagement message',
  131049: 'Meta chose not to deliver',
  131056: '(Business Account, Consumer Account) pair rate limit hit',
};

/** The `messages` webhook's body (Cloud API "Webhooks": `statuses`). */
export function statusWebhookBody(
  subject: StatusSubject,
  step: ReceiptStep,
  phoneNumberId: string,
  now: Date,
): string {
  const status = {
    id: subject.id,
    status: step.status,
    timestamp: Math.floor(now.getTime() / 1000).toString(),
    recipient_id: subject.to,
    ...(subject.opaque === undefined ? {} : { biz_opaque_callback_data: subject.opaque }),
    ...(step.errorCode === undefined ? {} : { errors: [errorOf(step.errorCode)] }),
  };
  const metadata = { display_phone_number: '6221000000', phone_number_id: phoneNumberId };
  const value = { messaging_product: 'whatsapp', metadata, statuses: [status] };
  const entry = [{ id: '100000000000001', changes: [{ value, field: 'messages' }] }];
  return JSON.stringify({ object: 'whatsapp_business_account', entry });
}

/** Posts a body signed over its very bytes with the app's secret. */
export function postSigned(url: string, body: string, appSecret: string): Promise<GatewayAnswer> {
  const digest = createHmac('sha256', appSecret).update(body).digest('hex');
  return callGateway(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${digest}` },
    body,
  });
}

function errorOf(code: number): Record<string, unknown> {
  const title = TITLES[code] ?? 'Message failed';
  return { code, title, message: title, error_data: { details: title } };
}
