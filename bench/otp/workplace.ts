import { GatewayProcess } from '../../test/support/gateway-process';
import { openSurroundings } from '../surroundings';
import { type Provider, startProvider } from './provider';

interface Message {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** PostgreSQL as durable as in production, and an SMS provider that answers at once. */
export interface Workplace {
  readonly databaseUrl: string;
  readonly provider: Provider;
  /** A gateway in a process of its own. */
  start(role: 'api' | 'all'): Promise<GatewayProcess>;
  /** What hands over the code with this number to a gateway. */
  message(number: number): Message;
  /** The same as bytes on the wire. */
  request(number: number): Buffer;
  close(): Promise<void>;
}

/** A code whose number shows in it. */
export function codeOf(number: number): string {
  return `B${String(number).padStart(8, '0')}`;
}

export async function openWorkplace(): Promise<Workplace> {
  const { databaseUrl, secrets, environment: given, close } = await openSurroundings();
  const provider = await startProvider();
  const environment = {
    ...given,
    LOG_LEVEL: 'info',
    BU_NANOVEST_SMS_PROVIDER: 'http',
    BU_NANOVEST_SMS_HTTP_URL: provider.url,
  };
  const credentials = Buffer.from(secrets['BU_NANOVEST_OTP_WEBHOOK_CREDENTIALS'] ?? '').toString('base64');
  const message = (number: number): Message => ({
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      identifier: `62811${String(10_000_000 + number)}`,
      otp: codeOf(number),
      channel: 'sms',
    }),
  });
  return {
    databaseUrl,
    provider,
    start: async (role) => {
      const gateway = await GatewayProcess.prepare((url) => ({
        ...environment,
        PUBLIC_URL: url,
        ROLE: role,
      }));
      await gateway.start();
      return gateway;
    },
    message,
    request: (number) => {
      const { headers, body } = message(number);
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      return Buffer.from(
        `POST /v1/webhooks/otp HTTP/1.1\r\nhost: bench\r\ncontent-length: ${body.length}\r\n${lines.join('')}\r\n${body}`,
      );
    },
    close: async () => {
      await provider.close();
      await close();
    },
  };
}
