import type { LabCredentials } from '../credentials';

/** A refusal in Meta's words; callers are told to look at `code` and `details` only. */
export interface MetaError {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly type: 'OAuthException' | 'GraphMethodException';
  readonly details?: string;
  readonly subcode?: number;
}

export interface TemplateMessage {
  readonly to: string;
  readonly language: string;
  readonly code: string;
  readonly opaque: string | undefined;
}

const KNOWN_KEYS = [
  'messaging_product',
  'recipient_type',
  'to',
  'type',
  'template',
  'biz_opaque_callback_data',
];
const LANGUAGES = ['id', 'en', 'en_US'];
const MAX_CODE = 15;
const MAX_OPAQUE = 512;

/** Reads an authentication-template message (Cloud API "Authentication templates": the code in body and button). */
export function readTemplateMessage(
  body: unknown,
  credentials: LabCredentials['whatsapp'],
): TemplateMessage | MetaError {
  const message = fieldsOf(body);
  const unexpected = Object.keys(message).find((key) => !KNOWN_KEYS.includes(key));
  if (unexpected !== undefined) return invalid(`Unexpected key "${unexpected}" on param "body".`);
  if (message['messaging_product'] !== 'whatsapp')
    return invalid('The parameter messaging_product is required.');
  if (message['type'] !== 'template') return invalid('Param type must be template.');
  const { to, recipient_type: recipientType, biz_opaque_callback_data: opaque } = message;
  if (typeof to !== 'string') return invalid('The parameter to is required.');
  if (!/^\+?\d{8,15}$/.test(to)) return notValid('Recipient phone number is not valid');
  if (recipientType !== undefined && recipientType !== 'individual') return notValid('recipient_type');
  if (opaque !== undefined && (typeof opaque !== 'string' || opaque.length > MAX_OPAQUE)) {
    return notValid('biz_opaque_callback_data is longer than 512 characters');
  }
  const template = fieldsOf(message['template']);
  const language = fieldsOf(template['language'])['code'];
  if (template['name'] !== credentials.template || !LANGUAGES.includes(String(language))) {
    const details = `template name (${String(template['name'])}) does not exist in ${String(language)}`;
    return refusal(404, 132001, 'Template name does not exist in the translation', details);
  }
  const code = codeOf(template['components']);
  if (typeof code !== 'string') return code;
  return { to: to.replace('+', ''), language: String(language), code, opaque };
}

export function isMetaError(result: object | string): result is MetaError {
  return typeof result === 'object' && 'status' in result;
}

/** The code, which must be in the body and in the copy-code button alike. */
function codeOf(components: unknown): string | MetaError {
  const list = Array.isArray(components) ? components.map(fieldsOf) : [];
  const inBody = textsOf(list.find(({ type }) => type === 'body'));
  if (inBody.length !== 1) {
    const details = `body: number of localizable_params (${inBody.length}) does not match the expected number of params (1)`;
    return refusal(400, 132000, 'Number of parameters does not match the expected number of params', details);
  }
  const button = list.find(
    ({ type, sub_type, index }) => type === 'button' && sub_type === 'url' && String(index) === '0',
  );
  const [copied, ...others] = textsOf(button);
  if (copied === undefined || others.length > 0) {
    const details = 'buttons: Button at index 0 of type Url requires a parameter';
    return refusal(400, 131008, 'Required parameter is missing', details);
  }
  const code = inBody[0] ?? '';
  if (copied !== code) return notValid('The code in the button differs from the code in the body');
  if (code.length === 0 || code.length > MAX_CODE) return notValid('The code must have 1 to 15 characters');
  return code;
}

function textsOf(component: Record<string, unknown> | undefined): string[] {
  const parameters = component?.['parameters'];
  if (!Array.isArray(parameters)) return [];
  return parameters
    .map(fieldsOf)
    .flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : []));
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const invalid = (message: string): MetaError => refusal(400, 100, message);

const notValid = (details: string): MetaError =>
  refusal(400, 131009, 'Parameter value is not valid', details);

function refusal(status: number, code: number, message: string, details?: string): MetaError {
  const reason = details === undefined ? {} : { details };
  return { status, code, message: `(#${code}) ${message}`, type: 'OAuthException', ...reason };
}
