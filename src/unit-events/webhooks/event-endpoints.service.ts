import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BusinessUnits } from '../../business-units';
import type { Secret } from '../../platform/config';
import { sha256 } from '../../platform/crypto';
import { Log } from '../../platform/logging';
import { type UnitEventsSettings, unitEventsSettings } from '../unit-events.settings';
import { DeliveryRepository } from './delivery.repository';

/** Where a unit's events go. */
export interface EventsEndpoint {
  readonly businessUnit: string;
  readonly url: string;
  readonly secrets: readonly Secret[];
  /** Beginnings of the types it wants; undefined: all. */
  readonly types: readonly string[] | undefined;
}

/** The endpoints of the units that have one. */
@Injectable()
export class EventEndpoints implements OnApplicationBootstrap {
  readonly all: readonly EventsEndpoint[];

  constructor(
    @Inject(unitEventsSettings.token) settings: UnitEventsSettings,
    units: BusinessUnits,
    private readonly deliveries: DeliveryRepository,
    private readonly log: Log,
  ) {
    this.all = units.all.flatMap(({ id: businessUnit }) => {
      const own = settings.forUnit(businessUnit);
      return own === null
        ? []
        : [{ businessUnit, url: own.EVENTS_URL, secrets: own.EVENTS_SECRETS, types: own.EVENTS_TYPES }];
    });
  }

  of(unit: string): EventsEndpoint | undefined {
    return this.all.find(({ businessUnit }) => businessUnit === unit);
  }

  /** At the start alone: while two configurations run beside each other, neither takes back what the other began. */
  async onApplicationBootstrap(): Promise<void> {
    for (const { businessUnit, url } of this.all)
      if (await this.deliveries.register(businessUnit, sha256(url)))
        this.log.info('events go to a new address, from the next one on', { businessUnit });
  }
}
