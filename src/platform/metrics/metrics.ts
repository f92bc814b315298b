import { Injectable, Global, Module } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { RAISED_ALARMS } from '../alarms';
import { Log } from '../logging';

interface Definition<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

/** The process's Prometheus registry. Labels are closed sets (route patterns, partners, outcomes), never personal data. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** All metrics as Prometheus reads them. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  counter<Label extends string>(definition: Definition<Label>): Counter<Label> {
    const { name, help, labels = [] } = definition;
    return new Counter({ name, help, labelNames: [...labels], registers: [this.registry] });
  }

  gauge<Label extends string>(definition: Definition<Label>): Gauge<Label> {
    const { name, help, labels = [] } = definition;
    return new Gauge({ name, help, labelNames: [...labels], registers: [this.registry] });
  }

  /** A gauge that is read when somebody asks. */
  measure(definition: { readonly name: string; readonly help: string }, read: () => number): void {
    const collect = function (this: Gauge): void {
      this.set(read());
    };
    new Gauge({ ...definition, registers: [this.registry], collect });
  }

  /** @param buckets upper bounds in seconds */
  histogram<Label extends string>(
    definition: Definition<Label> & { readonly buckets: number[] },
  ): Histogram<Label> {
    const { name, help, labels = [], buckets } = definition;
    return new Histogram({ name, help, labelNames: [...labels], buckets, registers: [this.registry] });
  }
}

@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class MetricsModule {
  constructor(metrics: Metrics, log: Log) {
    const name = 'kyc_gateway_alarms_total';
    const total = metrics.counter({
      name,
      help: 'Alarms that the program raised, by name',
      labels: ['alarm'],
    });
    // Prometheus sees an increase only where there was a number before.
    for (const alarm of RAISED_ALARMS) total.inc({ alarm }, 0);
    log.onAlarm((alarm) => total.inc({ alarm }));
  }
}
