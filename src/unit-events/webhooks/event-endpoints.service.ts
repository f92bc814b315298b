import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BusinessUnits } from '../../business-units';
import { sha256 } from '../../platform/crypto';
import { Log } from '../../platform/logging';
import { Metrics } from '../../platform/metrics';
import { type EventsEndpoint, type UnitEventsSettings, unitEventsSettings } from '../unit-events.settings';
import { DeliveryRepository } from './delivery.repository';

/** The endpoints of the units that have one. */
@Injectable()
export class EventEndpoints implements OnApplicationBootstrap {
  readonly units: readonly string[];

  constructor(
    @Inject(unitEventsSettings.token) private readonly settings: UnitEventsSettings,
    units: BusinessUnits,
    private readonly deliveries: DeliveryRepository,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.units = units.all.map(({ id }) => id).filter((unit) => this.of(unit) !== null);
    this.#publishBacklog(metrics);
  }

  of(unit: string): EventsEndpoint | null {
    return this.settings.forUnit(unit);
  }

  /** Those that have something to be sent now. */
  behind(): Promise<string[]> {
    return this.deliveries.behind(this.units);
  }

  /** At the start alone: while two configurations run beside each other, neither takes back what the other began. */
  async onApplicationBootstrap(): Promise<void> {
    for (const businessUnit of this.units) {
      const url = this.of(businessUnit)?.EVENTS_URL ?? '';
      if (await this.deliveries.register(businessUnit, sha256(url)))
        this.log.info('events go to a new address, from the next one on', { businessUnit });
    }
  }

  #publishBacklog(metrics: Metrics): void {
    const gauge = (name: string, help: string) => metrics.gauge({ name, help });
    const stopped = gauge(
      'unit_event_endpoints_stopped',
      'Units whose back end wants no events any more (410)',
    );
    const pending = gauge(
      'unit_event_deliveries_pending',
      "Events on their way to units' back ends, but for those that wait behind another of their submission",
    );
    const oldest = gauge(
      'unit_event_oldest_pending_seconds',
      'Age of the oldest event that was not sent to its unit yet',
    );
    metrics.gather(async () => {
      const backlog = await this.deliveries.backlog(this.units);
      stopped.set(backlog.stopped);
      pending.set(backlog.pending);
      oldest.set(backlog.age);
    });
  }
}
