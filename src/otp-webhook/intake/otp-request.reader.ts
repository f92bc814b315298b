import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { BlindIndex } from '../../platform/crypto';
import { invalidField, unprocessable } from '../../platform/errors';
import { OtpChannels } from '../channels/otp-channels';
import { CHANNELS, type Channel } from '../channels/otp-provider';
import { DeliverySecrets } from '../delivery/delivery-secret';
import { type OtpSettings, otpSettings } from '../otp.settings';
import { fits, type Identifier, readIdentifier } from './identifier';
import type { NewDelivery } from './intake.repository';
import type { OtpRequest } from './otp-request.dto';

const PREFIX_DIGITS = 8;
const LONGEST_KEY = 255;

/** Turns a request into the delivery it asks for: channel and identifier judged, everything secret sealed or digested. */
@Injectable()
export class OtpRequestReader {
  readonly #limitsPrefixes: boolean;

  constructor(
    private readonly channels: OtpChannels,
    private readonly index: BlindIndex,
    private readonly secrets: DeliverySecrets,
    @Inject(otpSettings.token) { values }: OtpSettings,
  ) {
    this.#limitsPrefixes = values.OTP_LIMIT_PER_PREFIX_10_MINUTES > 0;
  }

  /** @throws GatewayError 400 for a bad identifier or key; 422 for a channel that the unit lacks or that cannot reach it */
  read(
    businessUnit: string,
    request: OtpRequest,
    idempotencyKey: string | undefined,
  ): Omit<NewDelivery, 'heldSeconds'> {
    const channel = this.#channel(businessUnit, request.channel);
    const identifier = recipient(channel, request.identifier);
    const id = randomUUID();
    const { value } = identifier;
    return {
      businessUnit,
      id,
      channel,
      maskedIdentifier: identifier.masked,
      digests: {
        recipient: this.recipientDigest(businessUnit, identifier),
        code: this.index.digest('otp code', businessUnit, value, request.otp),
        prefix: this.#prefix(businessUnit, identifier),
        idempotency: this.#idempotency(businessUnit, idempotencyKey, [channel, value, request.otp]),
      },
      ...this.secrets.seal(businessUnit, id, { to: value, code: request.otp }),
    };
  }

  /** What a recipient's deliveries are found by. */
  recipientDigest(businessUnit: string, identifier: Identifier): Buffer {
    return this.index.digest('otp recipient', businessUnit, identifier.value);
  }

  #channel(businessUnit: string, word: string): Channel {
    const channel = CHANNELS.find((known) => known === word);
    if (channel === undefined)
      throw unprocessable('unsupported_channel', `The channel must be one of ${CHANNELS.join(', ')}.`);
    if (this.channels.of(businessUnit, channel) === undefined)
      throw unprocessable('unsupported_channel', `This business unit has no ${channel} channel.`);
    return channel;
  }

  #prefix(businessUnit: string, { kind, value }: Identifier): Buffer | null {
    if (!this.#limitsPrefixes || kind !== 'phone') return null;
    return this.index.digest('otp prefix', businessUnit, value.slice(0, PREFIX_DIGITS));
  }

  #idempotency(
    businessUnit: string,
    key: string | undefined,
    request: readonly string[],
  ): NewDelivery['digests']['idempotency'] {
    if (key === undefined) return null;
    if (key === '' || key.length > LONGEST_KEY)
      throw invalidField('Idempotency-Key', `must have 1 to ${LONGEST_KEY} characters`);
    return {
      key: this.index.digest('otp idempotency key', businessUnit, key),
      request: this.index.digest('otp request', businessUnit, ...request),
    };
  }
}

function recipient(channel: Channel, text: string): Identifier {
  const identifier = readIdentifier(text);
  if (identifier === undefined)
    throw invalidField('identifier', 'must be an Indonesian mobile number or an e-mail address');
  if (!fits(channel, identifier))
    throw unprocessable('identifier_mismatch', `The identifier cannot be reached by ${channel}.`);
  return identifier;
}
