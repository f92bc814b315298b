import { Injectable } from '@nestjs/common';
import type { LedgerEvent } from '../../kyc-ledger';
import { Log } from '../../platform/logging';
import { Metrics } from '../../platform/metrics';
import { DeliveryRepository } from './delivery.repository';
import type { Verdict } from './delivery-schedule';
import type { Answered } from './webhook.client';

/** Tells operators what became of tries. */
@Injectable()
export class DeliveryJournal {
  readonly #tries;
  readonly #stopped;

  constructor(
    private readonly log: Log,
    deliveries: DeliveryRepository,
    metrics: Metrics,
  ) {
    this.#tries = metrics.counter({
      name: 'unit_event_tries_total',
      help: "Tries to tell a unit's back end of an event, by what they made of it (pending: tried again)",
      labels: ['status'],
    });
    this.#stopped = metrics.gauge({
      name: 'unit_event_endpoints_stopped',
      help: 'Units whose back end wants no events any more (410)',
    });
    const pending = metrics.gauge({
      name: 'unit_event_deliveries_pending',
      help: "Events on their way to units' back ends, but for those that wait behind another of their submission",
    });
    const oldest = metrics.gauge({
      name: 'unit_event_oldest_pending_seconds',
      help: 'Age of the oldest event that a unit was not told of yet',
    });
    metrics.gather(async () => {
      const backlog = await deliveries.backlog();
      pending.set(backlog.pending);
      oldest.set(backlog.age);
    });
  }

  notLooked(error: unknown): void {
    this.log.error('events of units could not be looked after', {}, error);
  }

  stopped(units: readonly string[]): void {
    this.#stopped.set(units.length);
  }

  tried(
    businessUnit: string,
    { seq, id: eventId, type }: LedgerEvent,
    answered: Answered,
    verdict: Verdict,
  ): void {
    const { status } = verdict;
    this.#tries.inc({ status });
    const reason =
      answered.status === null
        ? { reason: answered.reason, host: answered.host }
        : { reason: `status ${answered.status}` };
    const fields = { businessUnit, seq, eventId, type, ...reason };
    switch (status) {
      case 'delivered':
        return;
      case 'pending':
        return this.log.warn('an event was not taken', { ...fields, againInSeconds: verdict.waitSeconds });
      case 'failed':
        return this.log.alarm('unit_event_given_up', 'an event was given up', fields);
      case 'stopped':
        return this.log.alarm(
          'unit_events_stopped',
          'a unit’s back end wants no events any more (410)',
          fields,
        );
    }
  }
}
