import { isNativeError } from 'node:util/types';

/** Where the partners reach the gateway: its public URL and what SIMAS-ID was told of the OTP webhooks. */
export interface GatewayAddress {
  readonly url: string;
  readonly otpWebhook: Readonly<Record<string, { readonly user: string; readonly password: string }>>;
}

/** What a partner saw when it called the gateway. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown;
  readonly durationMs: number;
}

const TIMEOUT_MS = 10_000;

/** One call from a partner to the gateway. Rejects when the gateway cannot be reached or does not answer in 10 s. */
export async function callGateway(url: string, init: RequestInit): Promise<GatewayAnswer> {
  const started = performance.now();
  const answer = await fetch(url, {
    ...init,
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: parsed(text),
    durationMs: Math.round(performance.now() - started),
  };
}

/** Why a fetch failed, in words a person can act on: undici hides the reason in `cause`. */
export function reasonOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  return isNativeError(error.cause) ? error.cause.message : error.message;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
