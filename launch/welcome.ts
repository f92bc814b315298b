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
  /** A person's page, whose people sign in with the lab's SIMAS-ID. */
  onboarding: string | undefined;
}

/** What a person who just started the gateway wants to copy. */
export function welcome(started: Started): string {
  const { dataDir, gatewayUrl, units, secrets, simulatedSimasId, onboarding } = started;
  const login = (unit: string, of: string): string | undefined =>
    secrets[`${unitPrefix(unit)}${of}_CREDENTIALS`];
  const credentials = units.flatMap((unit) => [
    `  ${unit}  back office  ${login(unit, 'API') ?? ''}`,
    `  ${unit}  OTP webhook  ${login(unit, 'OTP_WEBHOOK') ?? ''}`,
  ]);
  const generated = credentials.filter((line) => !line.endsWith(' '));
  const [unit = ''] = units;
  const person = JSON.stringify({ unit, phoneNumber: '081234567890' });
  const backOffice = login(unit, 'API');
  const examples = [
    ...(unit !== '' && simulatedSimasId !== null
      ? [
          `  TOKEN=$(curl -s ${simulatedSimasId}/lab/tokens -H 'Content-Type: application/json' -d '${person}' \\`,
          `    | node -pe 'JSON.parse(fs.readFileSync(0)).accessToken')`,
          `  curl -s ${gatewayUrl}/v1/me -H "Authorization: Bearer $TOKEN"`,
        ]
      : []),
    ...(backOffice ? [`  curl -s ${gatewayUrl}/v1/submissions -u ${backOffice}`] : []),
  ];
  const lines = [
    ...section(`Credentials (generated, kept in ${shown(dataDir)}/secrets.json)`, generated),
    ...section('Try', examples),
    `API documentation: ${gatewayUrl}/docs   Back office: ${gatewayUrl}/console`,
    ...(onboarding === undefined ? [] : [`A person's onboarding: ${onboarding}`]),
    `Logs: ${shown(dataDir)}/*.log   Stop: Ctrl-C`,
    simulatedSimasId
      ? 'Next: npm run journey   (in another terminal)'
      : `Next: curl -s ${gatewayUrl}/health/ready`,
  ];
  return `\n${lines.join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines, ''];
}

function shown(folder: string): string {
  const name = relative(projectRoot, folder);
  return name.startsWith('..') ? folder : name;
}
