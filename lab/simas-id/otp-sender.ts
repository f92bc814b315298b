import { randomInt } from 'node:crypto';
import { callGateway, type GatewayAddress, type GatewayAnswer } from '../gateway-link';

export interface OtpRequest {
  readonly unit: string;
  /** Sent as it is: the partner page shows the local spelling, `084512340987`. */
  readonly identifier: string;
  readonly channel: string;
  /** Default: six random digits. */
  readonly otp?: string;
  /** Further or replaced request headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SentOtp extends GatewayAnswer {
  /** The code that was sent; only tests see it, the lab's pages and logs never show it. */
  readonly otp: string;
}

export class GatewayNotConnected extends Error {}

/** Tells the business unit's webhook a new code (partner page "OTP Webhook Contract"). */
export async function sendOtp(request: OtpRequest, gateway: GatewayAddress | undefined): Promise<SentOtp> {
  const webhook = gateway?.otpWebhook[request.unit];
  if (gateway === undefined || webhook === undefined) {
    throw new GatewayNotConnected(
      `no OTP webhook is known for ${request.unit}: set LAB_GATEWAY_URL and LAB_OTP_WEBHOOK`,
    );
  }
  const otp = request.otp ?? randomInt(1_000_000).toString().padStart(6, '0');
  const answer = await callGateway(`${gateway.url}/v1/webhooks/otp`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${webhook.user}:${webhook.password}`).toString('base64')}`,
      'content-type': 'application/json',
      ...request.headers,
    },
    body: JSON.stringify({ identifier: request.identifier, otp, channel: request.channel }),
  });
  return { ...answer, otp };
}
