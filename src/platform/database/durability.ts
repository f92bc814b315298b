import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../config';
import { Log } from '../logging';
import { Database } from './database';

/** PostgreSQL's settings without which a commit may be lost that was confirmed. */
export interface DurabilitySettings {
  readonly fsync: string;
  readonly synchronous_commit: string;
}

/** As columns of {@link DurabilitySettings}. */
export const DURABILITY_COLUMNS = `current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit`;

/** What is switched off, in words; null when what PostgreSQL confirms is on disk. Every other word of theirs waits for it. */
export function whatIsOff({ fsync, synchronous_commit }: DurabilitySettings): string | null {
  const off = [
    ...(fsync === 'off' ? ['fsync'] : []),
    ...(synchronous_commit === 'off' ? ['synchronous_commit'] : []),
  ];
  return off.length === 0 ? null : `${off.join(' and ')} off: it may lose what it confirmed`;
}

/** A ledger on a PostgreSQL that forgets would acknowledge what is gone after the next power cut (security.md §12). */
@Injectable()
export class Durability implements OnModuleInit {
  constructor(
    private readonly database: Database,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
    private readonly log: Log,
  ) {}

  /** @throws Error in production, which keeps the program from starting */
  async onModuleInit(): Promise<void> {
    const [found] = await this.database.query<DurabilitySettings>(`SELECT ${DURABILITY_COLUMNS}`);
    const off = found === undefined ? null : whatIsOff(found);
    if (off === null) return;
    if (this.settings.values.NODE_ENV === 'production') throw new Error(`PostgreSQL has ${off}`);
    this.log.warn('PostgreSQL is not durable', { off });
  }
}
