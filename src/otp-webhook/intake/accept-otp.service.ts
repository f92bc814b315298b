import { Injectable } from '@nestjs/common';
import { GatewayError, unprocessable } from '../../platform/errors';
import { Log } from '../../platform/logging';
import { Trace } from '../../platform/tracing';
import { OtpMetrics } from '../otp-metrics';
import type { OtpRequest } from './otp-request.dto';
import { NewDeliveries } from './new-deliveries';
import { StoreOtp } from './store-otp.service';

/** The delivery a code became. */
export interface AcceptedOtp {
  readonly id: string;
  /** This is the first answer to the same `Idempotency-Key`, once more. */
  readonly replayed: boolean;
}

/** Takes a code in: once this resolves, the code is durable, and its row is what the workers go by. */
@Injectable()
export class AcceptOtp {
  constructor(
    private readonly newDeliveries: NewDeliveries,
    private readonly storeOtp: StoreOtp,
    private readonly metrics: OtpMetrics,
    private readonly log: Log,
  ) {}

  /** @throws GatewayError 400, 422, 429 `rate_limited`, 503 when it could not be stored */
  async accept(
    businessUnit: string,
    request: OtpRequest,
    idempotencyKey: string | undefined,
  ): Promise<AcceptedOtp> {
    const delivery = this.newDeliveries.make(businessUnit, request, idempotencyKey);
    const acceptance = await this.storeOtp.store(delivery);
    this.metrics.requests.inc({ channel: delivery.channel, result: acceptance.outcome });
    if ('deliveryId' in acceptance) Trace.note({ deliveryId: acceptance.deliveryId });
    switch (acceptance.outcome) {
      case 'accepted':
        for (const channel of acceptance.superseded ?? [])
          this.metrics.ends.inc({ channel, status: 'superseded' });
        return { id: acceptance.deliveryId, replayed: false };
      case 'repeat':
      case 'replayed':
        return { id: acceptance.deliveryId, replayed: acceptance.outcome === 'replayed' };
      case 'key_reused':
        throw unprocessable('idempotency_key_reused', 'This Idempotency-Key was used for another request.');
      case 'limited': {
        const { retryAfterSeconds } = acceptance;
        const { channel, maskedIdentifier: identifier } = delivery;
        this.log.warn('otp refused by a limit', { businessUnit, channel, identifier, retryAfterSeconds });
        throw new GatewayError(429, 'rate_limited', 'Too many codes.', { retryAfterSeconds });
      }
    }
  }
}
