import { configured, type Environment, unitPrefix } from './given-environment';

/** What callers of one business unit log in with, as `user:password`; null where the unit has none. */
export interface UnitCredentials {
  api: string | null;
  otpWebhook: string | null;
}

/** Each unit's first credentials, configured or generated. */
export function credentialsOf(
  environment: Environment,
  units: readonly string[],
): Record<string, UnitCredentials> {
  const first = (name: string): string | null => configured(environment, name)?.split(/[,\n]/)[0] ?? null;
  return Object.fromEntries(
    units.map((unit) => [
      unit,
      {
        api: first(`${unitPrefix(unit)}API_CREDENTIALS`),
        otpWebhook: first(`${unitPrefix(unit)}OTP_WEBHOOK_CREDENTIALS`),
      },
    ]),
  );
}
