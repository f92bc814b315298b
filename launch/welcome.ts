import { relative } from 'node:path';
import { projectRoot } from './data-folder';
import { unitPrefix } from './given-environment';
import type { Secrets } from './generated-secrets';

export interface Started {
  dataDir: string;
  gatewayUrl: string;
  units: readonly string[];
  /** Only what was generated; configured secrets are never printed. */
  secrets: Secrets;
  /** Where the lab's SIMAS-ID mints tokens; null when the real one is configured. */
  simulatedSimasId: string | null;
}

/** What a person who just started the gateway wants to copy. */
export function welcome(started: Started): string {
  const lines = [...credentialLines(started), ...exampleLines(started), ...nextLines(started)];
  return `\n${lines.join('\n')}\n`;
}

function credentialLines({ units, secrets, dataDir }: Started): string[] {
  const lines = units.flatMap((unit) => {
    const backOffice = secrets[`${unitPrefix(unit)}API_CREDENTIALS`];
    const otpSender = secrets[`${unitPrefix(unit)}OTP_WEBHOOK_CREDENTIALS`];
    return [
      ...(backOffice ? [`  ${unit}  back office  ${backOffice}`] : []),
      ...(otpSender ? [`  ${unit}  OTP webhook  ${otpSender}`] : []),
    ];
  });
  return lines.length === 0
    ? []
    : [`Credentials (generated, kept in ${shown(dataDir)}/secrets.json)`, ...lines, ''];
}

function exampleLines({ units, secrets, gatewayUrl, simulatedSimasId }: Started): string[] {
  const unit = units[0];
  if (unit === undefined) return [];
  const lines: string[] = [];
  if (simulatedSimasId !== null) {
    const person = JSON.stringify({ unit, phoneNumber: '081234567890' });
    lines.push(
      `  TOKEN=$(curl -s ${simulatedSimasId}/lab/tokens -H 'Content-Type: application/json' -d '${person}' \\`,
      `    | node -pe 'JSON.parse(fs.readFileSync(0)).accessToken')`,
      `  curl -s ${gatewayUrl}/v1/me -H "Authorization: Bearer $TOKEN"`,
    );
  }
  const backOffice = secrets[`${unitPrefix(unit)}API_CREDENTIALS`];
  if (backOffice) lines.push(`  curl -s ${gatewayUrl}/v1/submissions -u ${backOffice}`);
  return lines.length === 0 ? [] : ['Try', ...lines, ''];
}

function nextLines({ gatewayUrl, simulatedSimasId, dataDir }: Started): string[] {
  return [
    `API documentation: ${gatewayUrl}/docs`,
    `Logs: ${shown(dataDir)}/*.log   Stop: Ctrl-C`,
    simulatedSimasId
      ? 'Next: npm run journey   (in another terminal)'
      : `Next: curl -s ${gatewayUrl}/health/ready`,
  ];
}

function shown(folder: string): string {
  const name = relative(projectRoot, folder);
  return name.startsWith('..') ? folder : name;
}
