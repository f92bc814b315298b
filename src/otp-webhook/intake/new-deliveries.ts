import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { BlindIndex } from '../../platform/crypto';
import { DeliverySecrets } from '../delivery/delivery-secret';
import { type OtpSettings, otpSettings } from '../otp.settings';
import type { Identifier } from './identifier';
import type { NewDelivery, SealedDelivery } from './intake.repository';
import type { DeliveryRequest } from './otp-request.reader';

const PREFIX_DIGITS = 8;

/** Makes the delivery that a request asks for: everything secret sealed or digested. */
@Injectable()
export class NewDeliveries {
  readonly #limitsPrefixes: boolean;

  constructor(
    private readonly index: BlindIndex,
    private readonly secrets: DeliverySecrets,
    @Inject(otpSettings.token) { values }: OtpSettings,
  ) {
    this.#limitsPrefixes = values.OTP_LIMIT_PER_PREFIX_10_MINUTES > 0;
  }

  make(request: DeliveryRequest): SealedDelivery {
    const { businessUnit, channel, identifier, code } = request;
    const id = randomUUID();
    const to = identifier.value;
    const { keyId, sealed } = this.secrets.seal(businessUnit, id, { to, code });
    return {
      businessUnit,
      id,
      channel,
      maskedIdentifier: identifier.masked,
      digests: {
        recipient: this.recipientDigest(businessUnit, identifier),
        counted: to === identifier.counted ? null : this.countedDigest(businessUnit, identifier),
        code: this.index.digestText('otp code', businessUnit, to, code),
        prefix: this.#prefix(businessUnit, identifier),
        idempotency: this.#idempotency(request),
      },
      keyId,
      sealed,
    };
  }

  /** What a recipient's deliveries are found by. */
  recipientDigest(businessUnit: string, identifier: Identifier): string {
    return recipientDigest(this.index, businessUnit, identifier);
  }

  /** What limits count for a recipient; another recipient's own digest where only an address's tag tells them apart. */
  countedDigest(businessUnit: string, identifier: Identifier): string {
    return this.index.digestText('otp recipient', businessUnit, identifier.counted);
  }

  #prefix(businessUnit: string, { kind, value }: Identifier): string | null {
    if (!this.#limitsPrefixes || kind !== 'phone') return null;
    return this.index.digestText('otp prefix', businessUnit, value.slice(0, PREFIX_DIGITS));
  }

  #idempotency(request: DeliveryRequest): NewDelivery['digests']['idempotency'] {
    const { businessUnit, channel, identifier, code, idempotencyKey } = request;
    if (idempotencyKey === undefined) return null;
    return {
      key: this.index.digestText('otp idempotency key', businessUnit, idempotencyKey),
      request: this.index.digestText('otp request', businessUnit, channel, identifier.value, code),
    };
  }
}

/** What a recipient's deliveries are found by. */
export function recipientDigest(index: BlindIndex, businessUnit: string, { value }: Identifier): string {
  return index.digestText('otp recipient', businessUnit, value);
}
