import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Global, Module } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { RAISED_ALARMS } from '../alarms';
import { Log } from '../logging';

interface Definition<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

const GATHER_EVERY_MS = 15_000;
/** A database that hangs must not keep the other metrics from being read. */
const GATHER_WITHIN_MS = 1_000;

/** The process's Prometheus registry. Labels are closed sets (route patterns, partners, outcomes), never personal data. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  readonly #instant: (() => void)[] = [];
  readonly #slow: (() => Promise<void>)[] = [];

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** All metrics as Prometheus reads them. */
  async text(): Promise<string> {
    for (const set of this.#instant) set();
    await Promise.race([
      Promise.all(this.#slow.map((gather) => gather())),
      sleep(GATHER_WITHIN_MS, undefined, { ref: false }),
    ]);
    return this.registry.metrics();
  }

  /** Sets gauges whenever somebody reads them. */
  beforeReading(set: () => void): void {
    this.#instant.push(set);
  }

  /** Sets gauges from the database or from partners: at most every {@link GATHER_EVERY_MS}, however many read them. While it is away they stay as they were. */
  gather(from: () => Promise<void>): void {
    let running: Promise<void> | undefined;
    let next = -Infinity;
    this.#slow.push(() => {
      if (performance.now() < next) return Promise.resolve();
      running ??= from()
        .catch(() => undefined)
        .finally(() => {
          running = undefined;
          next = performance.now() + GATHER_EVERY_MS;
        });
      return running;
    });
  }

  counter<Label extends string>(definition: Definition<Label>): Counter<Label> {
    return new Counter(this.#registered(definition));
  }

  gauge<Label extends string>(definition: Definition<Label>): Gauge<Label> {
    return new Gauge(this.#registered(definition));
  }

  /** @param buckets upper bounds in seconds */
  histogram<Label extends string>(
    definition: Definition<Label> & { readonly buckets: number[] },
  ): Histogram<Label> {
    return new Histogram({ ...this.#registered(definition), buckets: definition.buckets });
  }

  #registered<Label extends string>({ name, help, labels = [] }: Definition<Label>) {
    return { name, help, labelNames: [...labels], registers: [this.registry] };
  }
}

@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class MetricsModule {
  constructor(metrics: Metrics, log: Log) {
    const total = metrics.counter({
      name: 'kyc_gateway_alarms_total',
      help: 'Alarms that the program raised, by name',
      labels: ['alarm'],
    });
    // Prometheus sees an increase only where there was a number before.
    for (const alarm of RAISED_ALARMS) total.inc({ alarm }, 0);
    log.onAlarm((alarm) => total.inc({ alarm }));
  }
}
