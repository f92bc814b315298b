import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, isUnset, unitPrefix } from './given-environment';

/** Values by the name of their environment variable. */
export type Secrets = Readonly<Record<string, string>>;

const FILE = 'secrets.json';

function generators(units: readonly string[]): Record<string, () => string> {
  const key = (): string => randomBytes(32).toString('base64');
  const login = (user: string) => (): string => `${user}:${randomBytes(18).toString('base64url')}`;
  const all: Record<string, () => string> = {
    DATA_ENCRYPTION_KEYS: () => `k1:${key()}`,
    BLIND_INDEX_KEY: key,
    LEDGER_SIGNING_KEY: () =>
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
  for (const unit of units) {
    all[`${unitPrefix(unit)}API_CREDENTIALS`] = login(`${unit}-back-office`);
    all[`${unitPrefix(unit)}OTP_WEBHOOK_CREDENTIALS`] = login(`${unit}-otp-sender`);
  }
  return all;
}

/** What earlier starts generated. */
export function keptSecrets(dataDir: string): Record<string, string> {
  const file = join(dataDir, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : {};
}

/**
 * The gateway's own secrets that nobody configured: generated once, then kept in the data folder.
 * A variable that is set to nothing is a mistake that the gateway reports; nothing stands in for it.
 */
export function generatedSecrets(dataDir: string, given: Environment, units: readonly string[]): Secrets {
  const kept = keptSecrets(dataDir);
  const wanted = Object.entries(generators(units)).filter(([name]) => isUnset(given, name));
  const secrets = Object.fromEntries(wanted.map(([name, generate]) => [name, kept[name] ?? generate()]));
  // Kept even while another value is configured: data encrypted with them may still be there.
  writeFileSync(join(dataDir, FILE), JSON.stringify({ ...kept, ...secrets }, null, 2), { mode: 0o600 });
  return secrets;
}
