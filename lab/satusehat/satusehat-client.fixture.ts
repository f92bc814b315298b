import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { labCredentials } from '../credentials';
import { openMessage, sealMessage } from './envelope';
import type { SatusehatLab } from './index';

/** One RSA key pair for every call of a test file: making one costs a quarter of a second. */
const clientKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const clientPem = clientKeys.publicKey.export({ type: 'spki', format: 'pem' }).toString();

export const AGENT = {
  agent_name: 'Bambang Wisanggeni',
  agent_nik: '3313096403900009',
  public_key: clientPem,
};
export const PATIENT = { nik: '9271060312000002', name: 'Budi Santoso' };
export const CHALLENGE = { metadata: { method: 'request_per_nik' }, data: PATIENT };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

/** Calls the lab as a business unit's facility would. */
export class Facility {
  constructor(
    private readonly lab: SatusehatLab,
    private readonly unit: string,
  ) {}

  token(form: Record<string, string> = {}, query = '?grant_type=client_credentials'): Promise<Answer> {
    const { clientId, clientSecret } = labCredentials(this.unit).satusehat;
    return send(`${this.lab.url}/oauth2/v1/accesstoken${query}`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...form }),
    });
  }

  async accessToken(): Promise<string> {
    const { json } = await this.token();
    return (json as { access_token: string }).access_token;
  }

  async post(path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
    const authorization = headers['authorization'] ?? `Bearer ${await this.accessToken()}`;
    return send(`${this.lab.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain', ...headers, authorization },
    });
  }

  seal(payload: unknown): string {
    return sealMessage(JSON.stringify(payload), createPublicKey(this.lab.publicKeyPem));
  }

  open(answer: Answer): unknown {
    return JSON.parse(openMessage(answer.text, clientKeys.privateKey));
  }

  /** A sealed generate-url call, opened. */
  async validationUrl(): Promise<{ token: string; url: string }> {
    const answer = await this.post('/kyc/v1/generate-url', this.seal(AGENT));
    return (this.open(answer) as { data: { token: string; url: string } }).data;
  }
}

export async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
