import { randomInt } from 'node:crypto';
import { LaunchError } from '../launch-error';
import type { RunningState } from '../running-state';
import { Client, Story } from './story';

/** Everybody and everything a journey meets. */
export interface World {
  readonly story: Story;
  readonly unit: string;
  readonly anybody: Client;
  readonly backOffice: Client;
  readonly otpSender: Client;
  /** Where people's codes arrive. */
  readonly inbox: Client;
  /** The unit's own back end, which hears of events. */
  readonly unitBackEnd: Client;
  readonly simasId: Client;
  /** Whose token it is calls the gateway. */
  readonly withToken: (token: string) => Client;
}

/** Somebody with a SIMAS-ID account; every run of the journey meets new people. */
export interface Person {
  readonly phoneNumber: string;
  readonly name: string;
  readonly client: Client;
}

/** @throws LaunchError without the partner lab */
export function meet({ gatewayUrl, lab, businessUnits }: RunningState): World {
  const [found] = Object.entries(businessUnits);
  if (found === undefined || lab === null)
    throw new LaunchError(
      'The journey needs the partner lab: start with `npm start` and no partner configured.',
    );
  const [unit, { api, otpWebhook }] = found;
  const story = new Story();
  const basic = (credential: string | null): Client =>
    new Client(story, gatewayUrl, `Basic ${Buffer.from(credential ?? '').toString('base64')}`);
  return {
    story,
    unit,
    anybody: new Client(story, gatewayUrl),
    backOffice: basic(api),
    otpSender: basic(otpWebhook),
    inbox: new Client(story, lab['inbox'] ?? ''),
    unitBackEnd: new Client(story, lab['unitBackEnd'] ?? ''),
    simasId: new Client(story, lab['simasId'] ?? ''),
    withToken: (token) => new Client(story, gatewayUrl, `Bearer ${token}`),
  };
}

/** Mints a token at the lab's SIMAS-ID. */
export async function logIn(
  { unit, simasId, withToken }: World,
  name: string,
  as?: 'officer',
): Promise<Person> {
  const phoneNumber = newPhoneNumber();
  const wanted = { unit, phoneNumber, name, officer: as === 'officer' };
  const { body } = await simasId.send<{ accessToken: string }>('POST', '/lab/tokens', wanted);
  return { phoneNumber, name, client: withToken(body.accessToken) };
}

/** A mobile number of a real operator that no run used before, as `628…`. */
export function newPhoneNumber(): string {
  return `62856${String(randomInt(10_000_000, 99_999_999))}`;
}

/** A NIK of somebody born on 18 February 1990; its last digits choose no special outcome in the lab. */
export function newNik(): string {
  return `317406180290${String(randomInt(1, 8_999)).padStart(4, '0')}`;
}
