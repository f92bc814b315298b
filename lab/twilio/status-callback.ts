import { createHmac } from 'node:crypto';
import { callGateway, type GatewayAnswer } from '../gateway-link';

/** `X-Twilio-Signature`: HMAC-SHA1 over the URL followed by each parameter's name and value in name order. */
export function twilioSignature(
  authToken: string,
  url: string,
  parameters: Readonly<Record<string, string>>,
): string {
  const signed = Object.keys(parameters)
    .sort()
    .reduce((text, name) => `${text}${name}${parameters[name] ?? ''}`, url);
  return createHmac('sha1', authToken).update(signed).digest('base64');
}

export function postStatusCallback(
  authToken: string,
  url: string,
  parameters: Readonly<Record<string, string>>,
): Promise<GatewayAnswer> {
  return callGateway(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'x-twilio-signature': twilioSignature(authToken, url, parameters),
    },
    body: new URLSearchParams(parameters).toString(),
  });
}
