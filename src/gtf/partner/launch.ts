import { Inject, Injectable } from '@nestjs/common';
import { isLoopbackHost, type PlatformSettings, platformSettings } from '../../platform/config';
import { Clock } from '../../platform/time';
import { type Asked, unusable } from './answer';
import type { JsonObject } from './envelope.wire';
import { readLaunch } from './launch.wire';

/** Where a person goes through GTF's own screens: its SDK in an app, or its web page. */
export type Source = 'SDK' | 'WEB_SDK';

/** What every journey in GTF's own screens is started with. */
export interface LaunchOrder {
  readonly source: Source;
  readonly successRedirectionUrl?: string | undefined;
  readonly failureRedirectionUrl?: string | undefined;
}

/** Where the person goes on: exactly one of token and URL. */
export type Launch = { readonly expiresAt: Date } & (
  | { readonly sdkToken: string; readonly launchUrl: null }
  | { readonly sdkToken: null; readonly launchUrl: string }
);

/** Reads GTF's answers to an initiated flow (gtf.md §3.1). */
@Injectable()
export class Launches {
  readonly #plainLoopback: boolean;

  constructor(
    private readonly clock: Clock,
    @Inject(platformSettings.token) settings: PlatformSettings,
  ) {
    this.#plainLoopback = settings.values.NODE_ENV !== 'production';
  }

  /** @throws PartnerError `error` when the answer does not say where the person goes on */
  read(asked: Asked, source: Source, data: JsonObject): Launch {
    const now = this.clock.now();
    const launched = readLaunch(data, now);
    const expiresAt = new Date(now + (launched?.lifeMs ?? 0));
    const { sdkToken = null, launchUrl = null } = launched ?? {};
    if (source === 'SDK' && sdkToken !== null) return { sdkToken, launchUrl: null, expiresAt };
    const page = source === 'WEB_SDK' && launchUrl !== null ? this.#secure(launchUrl) : undefined;
    if (page !== undefined) return { sdkToken: null, launchUrl: page, expiresAt };
    throw unusable(asked, 'it does not say where the person goes on');
  }

  /** The address as it was judged; undefined for one that nobody should open. */
  #secure(url: string): string | undefined {
    if (!URL.canParse(url)) return undefined;
    const { protocol, hostname, href } = new URL(url);
    const plain = protocol === 'http:' && this.#plainLoopback && isLoopbackHost(hostname);
    return protocol === 'https:' || plain ? href : undefined;
  }
}
