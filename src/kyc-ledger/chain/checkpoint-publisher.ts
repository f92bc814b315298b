import { appendFile } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Log } from '../../platform/logging';
import { type LedgerSettings, ledgerSettings } from '../ledger.settings';
import { CHECKPOINT_MESSAGE, type SignedCheckpoint } from './checkpoint';

/** Tells of checkpoints outside the database: a log line on stdout, and a line in a file if one is configured. */
@Injectable()
export class CheckpointPublisher {
  constructor(
    @Inject(ledgerSettings.token) private readonly settings: LedgerSettings,
    private readonly log: Log,
  ) {}

  async publish(checkpoint: SignedCheckpoint): Promise<void> {
    this.log.record(CHECKPOINT_MESSAGE, { ...checkpoint });
    const file = this.settings.values.LEDGER_CHECKPOINT_FILE;
    if (file === undefined) return;
    try {
      await appendFile(file, `${JSON.stringify(checkpoint)}\n`, { mode: 0o644 });
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      this.log.alarm('a ledger checkpoint could not be written to its file', { reason });
    }
  }

  broken(businessUnit: string, seq: number, what: string): void {
    this.log.alarm('the ledger chain does not hold', { businessUnit, seq, what });
  }
}
