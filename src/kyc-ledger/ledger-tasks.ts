import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HealthChecks } from '../platform/health';
import { Scheduler } from '../platform/scheduler';
import { Checkpoints } from './chain/checkpoints';
import { PersonErasure } from './erasure/person-erasure';
import { Ledger } from './events/ledger';
import { type LedgerSettings, ledgerSettings } from './ledger.settings';
import { KeyRotation } from './people/key-rotation';

const MAX_EVERY_MS = 5_000;

/** Signs the chains, and tells the units of it by an event of their own. */
@Injectable()
export class CheckpointSigning implements OnModuleInit {
  constructor(
    private readonly checkpoints: Checkpoints,
    private readonly ledger: Ledger,
    private readonly checks: HealthChecks,
  ) {}

  onModuleInit(): void {
    // People and back offices are served on a chain that does not hold, too; an operator has to look into it.
    this.checks.register('ledger', async () => ((await this.checkpoints.hold()) ? 'ok' : 'degraded'));
  }

  async run(): Promise<void> {
    await this.checkpoints.signDue((tx, checkpoint) => this.ledger.appendCheckpoint(tx, checkpoint));
  }
}

/** What the ledger needs done now and then: sign the chains, destroy what is due, wrap keys anew. */
@Injectable()
export class LedgerTasks implements OnModuleInit {
  constructor(
    private readonly signing: CheckpointSigning,
    private readonly erasure: PersonErasure,
    private readonly rotation: KeyRotation,
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
    await this.signing.run();
    await this.erasure.eraseDue();
    await this.rotation.step();
  }
}
