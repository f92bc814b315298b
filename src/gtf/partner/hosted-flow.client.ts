import { Inject, Injectable } from '@nestjs/common';
import { isLoopbackHost, type PlatformSettings, platformSettings } from '../../platform/config';
import { Clock } from '../../platform/time';
import { unusable } from './envelope.wire';
import { GtfApiClient, type GtfRequest, type TokenGrant } from './gtf-api.client';
import { readLaunch } from './token.wire';

/** Where a person goes through GTF's own screens: its SDK in an app, or its web page. */
export type Source = 'SDK' | 'WEB_SDK';

/** What every flow in GTF's own screens is started with. */
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

/** Starts flows in GTF's own screens, for both families of its API (gtf.md §3.1). */
@Injectable()
export class HostedFlowClient {
  readonly #allowsPlainLoopback: boolean;

  constructor(
    private readonly api: GtfApiClient,
    private readonly clock: Clock,
    @Inject(platformSettings.token) settings: PlatformSettings,
  ) {
    this.#allowsPlainLoopback = settings.values.NODE_ENV !== 'production';
  }

  /** @throws PartnerError; `error` also for an answer that does not say where the person goes on */
  async initiate(grant: TokenGrant, source: Source, request: GtfRequest): Promise<Launch> {
    const data = await this.api.call(grant, request);
    const now = this.clock.now();
    const launched = readLaunch(data, now);
    const expiresAt = new Date(now + (launched?.lifeMs ?? 0));
    const { sdkToken = null, launchUrl = null } = launched ?? {};
    if (source === 'SDK' && sdkToken !== null) return { sdkToken, launchUrl: null, expiresAt };
    const page = source === 'WEB_SDK' && launchUrl !== null ? this.#secure(launchUrl) : undefined;
    if (page !== undefined) return { sdkToken: null, launchUrl: page, expiresAt };
    const { operation } = request;
    throw unusable({ partner: grant.api.partner, operation }, 'it does not say where the person goes on');
  }

  /** The address as the URL parser writes it; undefined for one that is not safe to open. */
  #secure(url: string): string | undefined {
    if (!URL.canParse(url)) return undefined;
    const { protocol, hostname, href } = new URL(url);
    const isPlainLoopback = protocol === 'http:' && this.#allowsPlainLoopback && isLoopbackHost(hostname);
    return protocol === 'https:' || isPlainLoopback ? href : undefined;
  }
}
