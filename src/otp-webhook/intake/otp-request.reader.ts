import { Injectable } from '@nestjs/common';
import { invalidField, unprocessable } from '../../platform/errors';
import { OtpChannels } from '../providers/otp-channels';
import { CHANNELS, type Channel } from '../providers/otp-provider';
import { fits, type Identifier, readIdentifier } from './identifier';
import type { OtpRequest } from './otp-request.dto';

const MAX_KEY_LENGTH = 255;

/** What a request asks for, read and found possible: this code, to this identifier, by this channel. */
export interface DeliveryRequest {
  readonly businessUnit: string;
  readonly channel: Channel;
  readonly identifier: Identifier;
  readonly code: string;
  readonly idempotencyKey: string | undefined;
}

/** Reads a request and checks its channel, identifier and key. */
@Injectable()
export class OtpRequestReader {
  constructor(private readonly channels: OtpChannels) {}

  /** @throws GatewayError 400 for a bad identifier or key; 422 for a channel that the unit lacks or that cannot reach it */
  read(businessUnit: string, request: OtpRequest, idempotencyKey: string | undefined): DeliveryRequest {
    const channel = this.#channel(businessUnit, request.channel);
    const identifier = recipient(channel, request.identifier);
    if (idempotencyKey === '' || (idempotencyKey ?? '').length > MAX_KEY_LENGTH)
      throw invalidField('Idempotency-Key', `must have 1 to ${MAX_KEY_LENGTH} characters`);
    return { businessUnit, channel, identifier, code: request.otp, idempotencyKey };
  }

  #channel(businessUnit: string, word: string): Channel {
    const channel = CHANNELS.find((known) => known === word);
    if (channel === undefined)
      throw unprocessable('unsupported_channel', `The channel must be one of ${CHANNELS.join(', ')}.`);
    if (this.channels.of(businessUnit, channel) === undefined)
      throw unprocessable('unsupported_channel', `This business unit has no ${channel} channel.`);
    return channel;
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
