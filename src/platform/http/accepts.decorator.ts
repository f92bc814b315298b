import { applyDecorators, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';

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
export function Accepts(acceptance: Acceptance): MethodDecorator {
  const isUpload = acceptance.kind === 'stream';
  return applyDecorators(
    SetMetadata(ACCEPTS, acceptance),
    ...(isUpload ? [RouteConfig({ upload: true })] : []),
  );
}

/** Probes and scrapers append parameters of their own; they mean nothing here. */
export const AnyQuery = (): MethodDecorator => Accepts({ ...JSON_BODY, ignoreUnknown: true });
