import { Injectable } from '@nestjs/common';
import { Batches, Database } from '../../platform/database';
import { GatewayError, temporarilyUnavailable, unprocessable } from '../../platform/errors';
import { DeliveryJobs } from '../delivery/delivery-jobs';
import { OtpMetrics } from '../otp-metrics';
import { type Acceptance, IntakeRepository, type NewDelivery } from './intake.repository';
import type { OtpRequest } from './otp-request.dto';
import { OtpRequestReader } from './otp-request.reader';

/** The delivery a code became. */
export interface AcceptedOtp {
  readonly id: string;
  /** This is the first answer to the same `Idempotency-Key`, once more. */
  readonly replayed: boolean;
}

/** SIMAS-ID must hear within 3 s that nothing could be stored (contract §6, OTP). */
const STORED_WITHIN_MS = 2_500;
const MOST_AT_ONCE = 50;
/** One batch is written while the one before waits for the disk. */
const BATCHES_AT_ONCE = 2;

/** Takes a code in: once this resolves, the code is durable together with the job that delivers it. */
@Injectable()
export class AcceptOtp {
  readonly #batches = new Batches((deliveries: readonly NewDelivery[]) => this.#storeAll(deliveries), {
    most: MOST_AT_ONCE,
    atOnce: BATCHES_AT_ONCE,
  });

  constructor(
    private readonly reader: OtpRequestReader,
    private readonly database: Database,
    private readonly intake: IntakeRepository,
    private readonly jobs: DeliveryJobs,
    private readonly metrics: OtpMetrics,
  ) {}

  /** @throws GatewayError 400, 422, 429 `rate_limited`, 503 when it could not be stored */
  async accept(
    businessUnit: string,
    request: OtpRequest,
    idempotencyKey: string | undefined,
  ): Promise<AcceptedOtp> {
    const delivery = this.reader.read(businessUnit, request, idempotencyKey);
    const acceptance = await inTime(this.#store(delivery));
    this.metrics.requests.inc({ channel: delivery.channel, result: acceptance.outcome });
    switch (acceptance.outcome) {
      case 'accepted':
      case 'repeat':
        return { id: acceptance.id, replayed: false };
      case 'replayed':
        return { id: acceptance.id, replayed: true };
      case 'key_reused':
        throw unprocessable('idempotency_key_reused', 'This Idempotency-Key was used for another request.');
      case 'limited': {
        const { retryAfterSeconds } = acceptance;
        throw new GatewayError(429, 'rate_limited', 'Too many codes for this identifier.', {
          retryAfterSeconds,
        });
      }
    }
  }

  async #store(delivery: NewDelivery): Promise<Acceptance> {
    try {
      return await this.#batches.add(delivery);
    } catch (error) {
      // Two requests with one Idempotency-Key at once: by now the other one is committed and can be compared.
      if (!isUniqueViolation(error)) throw error;
      return this.#batches.add(delivery);
    }
  }

  #storeAll(deliveries: readonly NewDelivery[]): Promise<readonly Acceptance[]> {
    return this.database.transaction(async (tx) => {
      const acceptances = await this.intake.acceptAll(tx, deliveries);
      const fresh = deliveries.filter((_, place) => acceptances[place]?.outcome === 'accepted');
      await this.jobs.enqueueAll(
        tx,
        fresh.map(({ businessUnit, id, channel }) => ({ businessUnit, id, channel, waitSeconds: 0 })),
      );
      return acceptances;
    });
  }
}

/** A database that hangs instead of failing must not make the sender wait: a repeat of the request finds what was stored after all. */
async function inTime<T>(storing: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(temporarilyUnavailable('The gateway cannot store anything right now.')),
      STORED_WITHIN_MS,
    );
  });
  try {
    return await Promise.race([storing, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
