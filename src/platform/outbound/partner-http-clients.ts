import { Injectable } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import { Metrics } from '../metrics';
import { PartnerDoor, type PartnerPolicy } from './partner-http.client';

/** Opens the doors to partners; each client opens its own, once. */
@Injectable()
export class PartnerDoors {
  readonly #seconds;

  constructor(
    private readonly http: HttpService,
    metrics: Metrics,
  ) {
    this.#seconds = metrics.histogram({
      name: 'partner_request_duration_seconds',
      help: 'Time a partner took to answer, or not to',
      labels: ['partner', 'operation', 'outcome'],
      buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
    });
  }

  open(policy: PartnerPolicy): PartnerDoor {
    return new PartnerDoor(this.http, policy, this.#seconds);
  }
}
