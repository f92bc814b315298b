import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Scheduler } from '../platform/scheduler';
import { Checkpoints } from './chain/checkpoints';
import { PersonErasure } from './erasure/person-erasure';
import { Ledger } from './events/ledger';
import { type LedgerSettings, ledgerSettings } from './ledger.settings';

const MAX_EVERY_MS = 5_000;

/** What the ledger needs done now and then: sign the chains, tell the units of it by an event of their own, destroy what is due. */
@Injectable()
export class LedgerTasks implements OnModuleInit {
  constructor(
    private readonly checkpoints: Checkpoints,
    private readonly ledger: Ledger,
    private readonly erasure: PersonErasure,
    private readonly scheduler: Scheduler,
    @Inject(ledgerSettings.token) private readonly settings: LedgerSettings,
  ) {}

  onModuleInit(): void {
    const { LEDGER_CHECKPOINT_SECONDS: dueAfter } = this.settings.values;
    const everyMs = Math.min(MAX_EVERY_MS, dueAfter * 1_000);
    this.scheduler.add({ name: 'ledger', everyMs, run: () => this.run() });
  }

  /** A little of each; what is left comes with the next round. */
  async run(): Promise<void> {
    await this.checkpoints.signDue((tx, checkpoint) => this.ledger.appendCheckpoint(tx, checkpoint));
    await this.erasure.eraseDue();
  }
}
