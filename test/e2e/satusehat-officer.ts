import type { TestGateway } from '../support/test-gateway';

export const OFFICER = { agentName: 'Bambang Wisanggeni', agentNik: '3313096403900009' };
export const PATIENT = { nik: '9271060312000002', name: 'Budi Santoso' };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> & { readonly submissionId: string };
}

/** An officer of a health facility, at the gateway. */
export class Officer {
  readonly #token: string;

  constructor(
    private readonly gateway: TestGateway,
    { phoneNumber = '6285610573956', unit = 'nanovest' } = {},
  ) {
    this.#token = gateway.lab.simasId.mintToken({ unit, phoneNumber, officer: true });
  }

  openPage(body: object = OFFICER): Promise<Answer> {
    return this.post('/v1/satusehat/validation-urls', body);
  }

  issueCode(body: object = PATIENT): Promise<Answer> {
    return this.post('/v1/satusehat/challenge-codes', body);
  }

  async post(path: string, body: object): Promise<Answer> {
    return this.gateway.http.post(path).set('authorization', `Bearer ${this.#token}`).send(body);
  }

  async get(path: string): Promise<Answer> {
    return this.gateway.http.get(path).set('authorization', `Bearer ${this.#token}`);
  }
}
