import { SetMetadata } from '@nestjs/common';
import type { CustomDecorator } from '@nestjs/common';

export const ACCEPTS = 'gateway:accepts';

/**
 * What body a route takes.
 * `json` – parsed, `application/json` only; `raw` – a Buffer, any type; `stream` – untouched, the handler reads it.
 */
export interface Acceptance {
  readonly kind: 'json' | 'raw' | 'stream';
  readonly limitBytes: number;
  /** Webhooks may grow fields and parameters we do not know; our own API refuses them. */
  readonly ignoreUnknown?: boolean;
}

export const JSON_BODY: Acceptance = { kind: 'json', limitBytes: 65_536 };

/** Declares a body other than JSON of at most 64 KiB. */
export const Accepts = (acceptance: Acceptance): CustomDecorator => SetMetadata(ACCEPTS, acceptance);
