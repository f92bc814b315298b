import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { BlindIndex } from '../../platform/crypto';
import { invalidField, unprocessable } from '../../platform/errors';
import { Trace } from '../../platform/tracing';
import { ChannelAccounts } from '../delivery/channel-accounts';
import { DeliverySecrets } from '../delivery/delivery-secret';
import { CHANNELS, type Channel } from '../providers/otp-provider';
import { type OtpSettings, otpSettings } from '../otp.settings';
import { fits, identifierOf, recipientDigest } from './identifier';
import type { NewDelivery } from './intake.repository';
import type { OtpRequest } from './otp-request.dto';

const MAX_KEY_LENGTH = 255;
const PREFIX_DIGITS = 8;

/** Makes the delivery that a request asks for: channel, identifier and key are possible ones, everything secret is sealed or digested. */
@Injectable()
export class NewDeliveries {
  constructor(
    private readonly accounts: ChannelAccounts,
    private readonly index: BlindIndex,
    private readonly secrets: DeliverySecrets,
    @Inject(otpSettings.token) private readonly settings: OtpSettings,
  ) {}

  /** @throws GatewayError 400 for a bad identifier or key; 422 for a channel that the unit lacks or that cannot reach it */
  make(businessUnit: string, request: OtpRequest, idempotencyKey: string | undefined): NewDelivery {
    const channel = this.#channel(businessUnit, request.channel);
    const { otp: code } = request;
    const identifier = identifierOf(request.identifier);
    if (!fits(channel, identifier))
      throw unprocessable('identifier_mismatch', `The identifier cannot be reached by ${channel}.`);
    if (idempotencyKey === '' || (idempotencyKey ?? '').length > MAX_KEY_LENGTH)
      throw invalidField('Idempotency-Key', `must have 1 to ${MAX_KEY_LENGTH} characters`);
    const id = randomUUID();
    const traceparent = Trace.current()?.traceparent();
    const { kind, value: to, counted, masked: maskedIdentifier } = identifier;
    const countsPrefix = kind === 'phone' && this.settings.values.OTP_LIMIT_PER_PREFIX_10_MINUTES > 0;
    const { keyId, sealed } = this.secrets.seal(businessUnit, id, { to, code, traceparent });
    const digest = (purpose: string, ...of: string[]): string =>
      this.index.digestText(purpose, businessUnit, ...of);
    return {
      businessUnit,
      id,
      channel,
      maskedIdentifier,
      recipient: recipientDigest(this.index, businessUnit, to),
      ...(counted !== to && { counted: recipientDigest(this.index, businessUnit, counted) }),
      code: digest('otp code', to, code),
      ...(countsPrefix && { prefix: digest('otp prefix', to.slice(0, PREFIX_DIGITS)) }),
      ...(idempotencyKey !== undefined && {
        key: digest('otp idempotency key', idempotencyKey),
        request: digest('otp request', channel, to, code),
      }),
      keyId,
      sealed: `\\x${sealed.toString('hex')}`,
    };
  }

  #channel(businessUnit: string, word: string): Channel {
    const channel = CHANNELS.find((known) => known === word);
    if (channel === undefined)
      throw unprocessable('unsupported_channel', `The channel must be one of ${CHANNELS.join(', ')}.`);
    if (!this.accounts.has({ businessUnit, channel }))
      throw unprocessable('unsupported_channel', `This business unit has no ${channel} channel.`);
    return channel;
  }
}
