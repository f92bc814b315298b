import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { Log } from '../../platform/logging';
import { appendLines } from '../line-file';
import { type LedgerSettings, ledgerSettings } from '../ledger.settings';
import type { ChainFault } from './chain-events';
import { CHECKPOINT_MESSAGE, readCheckpoint, RESTORE_MESSAGE, type SignedEnd } from './checkpoint';

/** Tells of signed ends outside the database: a log line on stdout, and a line in a file if one is configured. */
@Injectable()
export class CheckpointPublisher implements OnModuleInit {
  constructor(
    @Inject(ledgerSettings.token) private readonly settings: LedgerSettings,
    private readonly log: Log,
    @Inject(platformSettings.token) private readonly platform: PlatformSettings,
  ) {}

  onModuleInit(): void {
    const isKept = this.settings.values.LEDGER_CHECKPOINT_FILE !== undefined;
    if (isKept || this.platform.values.NODE_ENV !== 'production') return;
    this.log.warn(
      'LEDGER_CHECKPOINT_FILE is not set: what is rewritten while no process runs goes unnoticed',
    );
  }

  async publish(end: SignedEnd): Promise<void> {
    this.log.record(end.reason === undefined ? CHECKPOINT_MESSAGE : RESTORE_MESSAGE, { ...end });
    const file = this.settings.values.LEDGER_CHECKPOINT_FILE;
    if (file === undefined) return;
    try {
      await appendLines(file, [end], 0o644);
    } catch (error) {
      const message = 'a ledger checkpoint could not be written to its file';
      this.log.alarm('checkpoint_file_unwritable', message, { reason: codeOf(error) });
    }
  }

  /**
   * What the file holds, oldest first; nothing where none is configured or none was written yet. A line that is no checkpoint is
   * passed over: a process that ended while it wrote leaves half a line.
   * @throws Error where the file is there and cannot be read
   */
  async *kept(): AsyncGenerator<SignedEnd> {
    const file = this.settings.values.LEDGER_CHECKPOINT_FILE;
    if (file === undefined) return;
    try {
      for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
        const end = readable(line);
        if (end !== null) yield end;
      }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  broken({ businessUnit, seq, what }: ChainFault): void {
    this.log.alarm('ledger_chain_broken', 'the ledger chain does not hold', { businessUnit, seq, what });
  }
}

function readable(line: string): SignedEnd | null {
  try {
    return readCheckpoint(line);
  } catch {
    return null;
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}
