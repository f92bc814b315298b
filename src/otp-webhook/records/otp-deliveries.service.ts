import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { invalidField, notFound } from '../../platform/errors';
import { parsePosition, positionCursor } from '../../platform/paging';
import { readIdentifier } from '../intake/identifier';
import { NewDeliveries } from '../intake/new-deliveries';
import { OtpDeliveryRecords } from './otp-delivery-records';
import type { OtpDelivery, OtpDeliveryPage, OtpDeliveryQuery } from './otp-delivery.dto';

/** What became of a unit's codes. */
@Injectable()
export class OtpDeliveries {
  constructor(
    private readonly records: OtpDeliveryRecords,
    private readonly newDeliveries: NewDeliveries,
  ) {}

  /** @throws GatewayError 400 for a bad cursor or identifier */
  async list(businessUnit: string, query: OtpDeliveryQuery): Promise<OtpDeliveryPage> {
    const { limit, channel, status, identifier, cursor } = query;
    const filter = {
      recipient: identifier === undefined ? null : this.#recipient(businessUnit, identifier),
      channel: channel ?? null,
      status: status ?? null,
    };
    const found = await this.records.list(businessUnit, filter, parsePosition(cursor), limit + 1);
    const data = found.slice(0, limit);
    const last = data.at(-1);
    const more = found.length > limit && last !== undefined;
    return {
      data,
      nextCursor: more ? positionCursor({ createdAt: new Date(last.createdAt), id: last.id }) : null,
    };
  }

  /** @throws GatewayError 404 for an unknown id, or one of another unit */
  async one(businessUnit: string, id: string): Promise<OtpDelivery> {
    const delivery = isUUID(id) ? await this.records.one(businessUnit, id) : null;
    if (delivery === null) throw notFound();
    return delivery;
  }

  #recipient(businessUnit: string, text: string): string {
    const identifier = readIdentifier(text);
    if (identifier === undefined)
      throw invalidField('identifier', 'must be an Indonesian mobile number or an e-mail address');
    return this.newDeliveries.recipientDigest(businessUnit, identifier);
  }
}
