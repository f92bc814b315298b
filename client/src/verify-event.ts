/** What the gateway tells a business unit's back end: thin, who wants more asks. */
export interface UnitEvent {
  readonly type: string;
  readonly timestamp: string;
  readonly data: {
    readonly seq: number;
    readonly submissionId: string | null;
    readonly [name: string]: unknown;
  };
}

type HeaderBag = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Standard Webhooks: an older or newer message may be one that somebody kept. */
const TOLERANCE_SECONDS = 300;

/**
 * Whether a webhook is the gateway's own (Standard Webhooks), and then what it says.
 * @param secret one of `BU_<BU>_EVENTS_SECRETS`, `whsec_…`; several while one takes the other's place
 * @param body the bytes as they arrived: JSON that was parsed and written again has another signature
 * @throws Error when it is not signed with the secret, or not within five minutes of now
 */
export async function verifyEvent(
  secret: string | readonly string[],
  headers: HeaderBag,
  body: string | Uint8Array,
): Promise<UnitEvent> {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    header(headers, name),
  );
  if (!id || !timestamp || !signatures) throw new Error('A header of the signature is missing.');
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(age <= TOLERANCE_SECONDS)) throw new Error('The webhook is too old, or from the future.');
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${text}`);
  const given = signatures.split(' ').filter((signature) => signature.startsWith('v1,'));
  for (const one of [secret].flat())
    for (const signature of given)
      if (await holds(bytesOf(one.replace(/^whsec_/, '')), bytesOf(signature.slice(3)), signed))
        return JSON.parse(text) as UnitEvent;
  throw new Error('The webhook is not signed with this secret.');
}

async function holds(secret: Bytes, signature: Bytes, signed: Bytes): Promise<boolean> {
  if (secret.length === 0) return false;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['verify']);
  return crypto.subtle.verify(algorithm, key, signature, signed);
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Of base64; none where it is not. */
function bytesOf(base64: string): Bytes {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function header(headers: HeaderBag, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return typeof value === 'string' ? value : value?.[0];
}
