import { z } from 'zod';
import { type JsonObject, wireText } from './envelope.wire';
import { readLife } from './token.wire';

const launched = z.looseObject({ token: wireText, launchUrl: wireText });

/** How the person starts: a token for the SDK, or a page to open. */
export interface LaunchOnWire {
  readonly sdkToken: string | null;
  readonly launchUrl: string | null;
  /** Milliseconds from receipt. */
  readonly lifeMs: number;
}

export function readLaunch(data: JsonObject, now: number): LaunchOnWire | undefined {
  const read = launched.safeParse(data).data;
  if (read === undefined) return undefined;
  return { sdkToken: read.token, launchUrl: read.launchUrl, lifeMs: readLife(data, now) };
}
