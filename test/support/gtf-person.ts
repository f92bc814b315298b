import type { Response } from 'supertest';
import { sampleImage } from '../../lab/gtf';
import { eventually } from './eventually';
import type { TestGateway } from './test-gateway';

export const PHONE = '6285610573956';
const WAIT_MS = 20_000;

/** A person of a business unit who goes through GTF e-KYC. */
export class GtfPerson {
  readonly token: string;

  constructor(
    readonly gateway: TestGateway,
    readonly unit = 'nanovest',
    readonly phoneNumber = PHONE,
    claims: Readonly<Record<string, unknown>> = {},
  ) {
    this.token = gateway.lab.simasId.mintToken({ unit, phoneNumber, overrides: claims });
  }

  post(path: string, body?: object): Promise<Response> {
    const asked = this.gateway.http.post(path).set('Authorization', `Bearer ${this.token}`);
    return Promise.resolve(body === undefined ? asked : asked.send(body));
  }

  get(path: string): Promise<Response> {
    return Promise.resolve(this.gateway.http.get(path).set('Authorization', `Bearer ${this.token}`));
  }

  /** Creates a COE submission; the answer of the gateway. */
  create(submissionType = 'KTP_SCAN'): Promise<Response> {
    return this.post('/v1/gtf/submissions', { submissionType });
  }

  upload(id: string, type: string, image = sampleImage(), contentType = 'image/png'): Promise<Response> {
    return Promise.resolve(
      this.gateway.http
        .put(`/v1/gtf/submissions/${id}/documents/${type}`)
        .set('Authorization', `Bearer ${this.token}`)
        .set('Content-Type', contentType)
        .send(image),
    );
  }

  confirm(id: string): Promise<Response> {
    return this.post(`/v1/gtf/submissions/${id}/confirm`);
  }

  refresh(id: string): Promise<Response> {
    return this.post(`/v1/gtf/submissions/${id}/refresh`);
  }

  /** Goes the whole way of a COE submission; its id. `marks` order an outcome from the lab (lab/gtf/scenarios.ts). */
  async submit(marks: Readonly<Record<string, string>> = {}, submissionType = 'KTP_SCAN'): Promise<string> {
    const id = await this.prepare(marks, submissionType);
    const confirmed = await this.confirm(id);
    if (confirmed.status !== 202) throw new Error(`confirm answered ${confirmed.status} ${confirmed.text}`);
    return id;
  }

  /** Creates a submission and uploads everything it wants. */
  async prepare(marks: Readonly<Record<string, string>> = {}, submissionType = 'KTP_SCAN'): Promise<string> {
    const created = await this.create(submissionType);
    if (created.status !== 201) throw new Error(`create answered ${created.status} ${created.text}`);
    const { submissionId, documents } = created.body as {
      submissionId: string;
      documents: { type: string }[];
    };
    for (const { type } of documents) {
      const uploaded = await this.upload(submissionId, type, sampleImage(marks));
      if (uploaded.status !== 200) throw new Error(`upload answered ${uploaded.status} ${uploaded.text}`);
    }
    return submissionId;
  }

  /** The status as the ledger has it. */
  async status(id: string): Promise<string> {
    const sql = 'SELECT status FROM kyc_submission WHERE business_unit = $1 AND id = $2';
    const [row] = await this.gateway.query<{ status: string }>(sql, [this.unit, id]);
    if (row === undefined) throw new Error('no such submission');
    return row.status;
  }

  /** Waits until the ledger says so. */
  async becomes(id: string, ...statuses: readonly string[]): Promise<string> {
    const status = await eventually(
      () => this.status(id),
      (present) => statuses.includes(present),
      WAIT_MS,
    );
    if (!statuses.includes(status)) throw new Error(`the submission is still ${status}`);
    return status;
  }

  /** Event types of a submission, oldest first. */
  async events(id: string): Promise<string[]> {
    const sql = 'SELECT type FROM kyc_event WHERE business_unit = $1 AND submission_id = $2 ORDER BY seq';
    const found = await this.gateway.query<{ type: string }>(sql, [this.unit, id]);
    return found.map(({ type }) => type);
  }
}
