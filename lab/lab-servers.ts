import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import type { LabUrls } from './gateway-environment';
import type { PageLink } from './html';
import type { PartnerOptions } from './partner-server';

/** In the order of their ports. */
const SERVERS: readonly (readonly [key: keyof LabUrls, name: string])[] = [
  ['inbox', 'Inbox'],
  ['simasId', 'SIMAS-ID'],
  ['commonKyc', 'Common KYC'],
  ['gtf', 'GTF OneKYC'],
  ['gtfStorage', 'GTF object storage'],
  ['satusehat', 'SATUSEHAT'],
  ['whatsapp', 'WhatsApp'],
  ['twilio', 'Twilio'],
  ['smtp', 'SMTP'],
  ['sms', 'SMS aggregator'],
  ['verihubs', 'Verihubs'],
  ['unitBackEnd', "The unit's own back end"],
  ['onboarding', "A person's onboarding"],
];

const UNITS: readonly string[] = ['nanovest', 'siminvest'];

/** A server of the lab cannot listen because somebody else does. */
export class PortTaken extends Error {
  constructor(
    readonly server: string,
    readonly port: number,
  ) {
    super(`port ${port} (${server}) is already taken`);
  }
}

/** The servers with their names for people, in the order of their ports. */
export function labServers(urls: LabUrls): readonly PageLink[] {
  return SERVERS.map(([key, name]) => ({ name, url: urls[key] }));
}

/** Gives each server its place, and closes what was opened. */
export class LabServers {
  readonly units: readonly string[];
  readonly #opened: { close(): Promise<void> }[] = [];

  constructor(
    private readonly options: {
      readonly host?: string;
      readonly basePort?: number;
      readonly units?: readonly string[];
      readonly stateDir?: string;
      readonly now?: () => Date;
    },
  ) {
    this.units = options.units ?? UNITS;
  }

  /** 0 = any free one. */
  portOf(key: keyof LabUrls): number {
    const { basePort } = this.options;
    return basePort === undefined ? 0 : basePort + SERVERS.findIndex(([server]) => server === key);
  }

  /** Rejects with `PortTaken`. */
  async open<T extends { close(): Promise<void> }>(
    key: keyof LabUrls,
    start: (place: PartnerOptions) => Promise<T>,
  ): Promise<T> {
    const { host = 'localhost', stateDir, now = () => new Date() } = this.options;
    try {
      const server = await start({
        host,
        port: this.portOf(key),
        units: this.units,
        now,
        ...(stateDir === undefined ? {} : { snapshotFile: join(stateDir, `${key}.json`) }),
      });
      this.#opened.push(server);
      return server;
    } catch (error) {
      throw this.#isTaken(error) ? this.#portTaken(error.port) : error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((server) => server.close()));
  }

  #isTaken(error: unknown): error is Error & { port: number } {
    return isNativeError(error) && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error;
  }

  /** GTF has two ports, so the port tells the server. */
  #portTaken(port: number): PortTaken {
    const server = SERVERS.find(([key]) => this.portOf(key) === port)?.[1];
    return new PortTaken(server ?? 'partner lab', port);
  }
}
