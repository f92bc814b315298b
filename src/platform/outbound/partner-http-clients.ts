import { Injectable } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import { Metrics } from '../metrics';
import { PartnerHttpClient, type PartnerPolicy } from './partner-http.client';

/** Creates the HTTP clients of partners; each partner's client creates its own, once. */
@Injectable()
export class PartnerHttpClients {
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

  create(policy: PartnerPolicy): PartnerHttpClient {
    return new PartnerHttpClient(this.http, policy, this.#seconds);
  }
}
