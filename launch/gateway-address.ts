import { whyNotFree } from './free-port';
import { configured, type Environment } from './given-environment';
import { LaunchError } from './launch-error';

export interface GatewayAddress {
  host: string;
  port: number;
  /** How this machine reaches the gateway, without trailing slash. */
  url: string;
}

/** Where the gateway will listen. A `PORT` that is no number is for the gateway to report. */
export function gatewayAddress(given: Environment): GatewayAddress {
  const host = configured(given, 'HOST') ?? '127.0.0.1';
  const port = Number(configured(given, 'PORT') ?? 3000);
  const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const name = everywhere[host] ?? (host.includes(':') ? `[${host}]` : host);
  return { host, port, url: `http://${name}:${port}` };
}

/** @throws LaunchError when nothing can listen there. */
export async function assertFree({ host, port }: GatewayAddress): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return;
  const reason = await whyNotFree(port, host);
  switch (reason) {
    case null:
      return;
    case 'EADDRINUSE':
      throw new LaunchError(
        `Port ${port} is taken by another program: stop that program, or set PORT to a free port, as in "PORT=${port + 1} npm start".`,
      );
    case 'EACCES':
      throw new LaunchError(`This account may not open port ${port}: set PORT to one above 1023.`);
    default:
      throw new LaunchError(`Cannot listen on ${host} (${reason}): set HOST to an address of this machine.`);
  }
}
