import { Injectable } from '@nestjs/common';
import { KeyRing, type SealedWith } from '../../platform/crypto';

/** What must be known to send a code, and must not be known otherwise. */
export interface DeliverySecret {
  /** `628…` or an e-mail address. */
  readonly to: string;
  readonly code: string;
  /** Of the request that brought it: the message goes out as a part of the same trace. */
  readonly traceparent?: string | undefined;
}

/** Seals code and identifier into their delivery's row: moved to another row, they do not open. */
@Injectable()
export class DeliverySecrets {
  constructor(private readonly keys: KeyRing) {}

  seal(businessUnit: string, deliveryId: string, { to, code, traceparent }: DeliverySecret): SealedWith {
    return this.keys.seal(JSON.stringify([to, code, traceparent]), aad(businessUnit, deliveryId));
  }

  /** @throws UnsealError */
  open(businessUnit: string, deliveryId: string, { keyId, sealed }: SealedWith): DeliverySecret {
    const text = this.keys.unseal(keyId, sealed, aad(businessUnit, deliveryId)).toString('utf8');
    const [to, code, traceparent] = JSON.parse(text) as [string, string, string | null];
    return { to, code, traceparent: traceparent ?? undefined };
  }
}

function aad(businessUnit: string, deliveryId: string): string {
  return `otp_delivery/sealed/${businessUnit}/${deliveryId}`;
}
