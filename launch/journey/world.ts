import { randomInt } from 'node:crypto';
import { Client } from './client';
import type { Story } from './story';

/** Everybody and everything a journey meets. */
export interface World {
  readonly story: Story;
  readonly unit: string;
  readonly gatewayUrl: string;
  readonly lab: Readonly<Record<string, string>>;
  readonly anybody: Client;
  readonly backOffice: Client;
  readonly otpSender: Client;
  readonly inbox: Client;
  /** The unit's own back end, which hears of events. */
  readonly unitBackEnd: Client;
}

/** Somebody with a SIMAS-ID account; every run of the journey meets new people. */
export interface Person {
  readonly phoneNumber: string;
  readonly name: string;
  readonly client: Client;
}

/** A mobile number of a real operator that no run used before, as `628…`. */
export function newPhoneNumber(): string {
  return `62856${String(randomInt(10_000_000, 99_999_999))}`;
}

/** A NIK of somebody born on 18 February 1990; its last digits choose no special outcome in the lab. */
export function newNik(): string {
  return `317406180290${String(randomInt(1, 8_999)).padStart(4, '0')}`;
}

/** Mints a token at the lab's SIMAS-ID. */
export async function logIn(
  world: World,
  phoneNumber: string,
  name: string,
  as: 'customer' | 'officer' = 'customer',
): Promise<Person> {
  const simasId = new Client(world.lab['simasId'] ?? '');
  const { body } = await simasId.post('/lab/tokens', {
    unit: world.unit,
    phoneNumber,
    name,
    officer: as === 'officer',
  });
  return { phoneNumber, name, client: Client.bearer(world.gatewayUrl, String(body['accessToken'])) };
}
