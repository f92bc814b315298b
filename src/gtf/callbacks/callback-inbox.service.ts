import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { PersonVault, type Submission } from '../../kyc-ledger';
import { BlindIndex, KeyRing } from '../../platform/crypto';
import { Database, type Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import { KeptCallback } from '../gtf.entity';

/** The job that answers a callback by asking GTF. */
export const CALLBACK_QUEUE = {
  name: 'gtf-callback',
  concurrency: 8,
  expireInSeconds: 60,
  retryLimit: 5,
  retryDelay: 5,
  notify: true,
};

/** What a callback's job says; the digest is hexadecimal. */
export type CallbackData = { readonly businessUnit: string; readonly digest: string };

/** The ids by which a callback says what it is about: they decide what GTF is asked, and nothing else. */
export interface CallbackSubject {
  readonly partnerSubmissionId: string | null;
  readonly partnerSessionId: string | null;
}

const VAULT_ENTRY = 'gtf.callback';
const PARKED_DAYS = 30;

/**
 * GTF's callbacks as they arrived; repeats of the same bytes count once. A callback whose submission is not known yet stays parked
 * under the gateway's key; once it is known, the bytes move to the person's vault.
 */
@Injectable()
export class CallbackInbox {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly vault: PersonVault,
    private readonly jobs: Jobs,
    private readonly index: BlindIndex,
  ) {}

  /** Stores a callback and the job that answers it in one transaction. @returns whether it is new */
  async accept(unit: string, bytes: Buffer, subject: CallbackSubject): Promise<boolean> {
    const digest = this.index.digest('gtf callback', unit, bytes.toString('base64'));
    const { keyId, sealed } = this.keys.seal(bytes, aad(unit, digest));
    const callback = { businessUnit: unit, digest, ...subject, keyId, sealed, receivedAt: () => 'now()' };
    return this.database.transaction(async (tx) => {
      const insert = tx.manager.createQueryBuilder().insert().into(KeptCallback).values(callback).orIgnore();
      const added = await insert.returning(['digest']).execute();
      const isNew = (added.raw as readonly unknown[]).length > 0;
      if (isNew) await this.#enqueue(tx, unit, digest);
      return isNew;
    });
  }

  /** What a callback is about; undefined once it was deleted. */
  async subject(unit: string, digest: Buffer): Promise<CallbackSubject | undefined> {
    const [subject] = await this.database.query<CallbackSubject>(
      `SELECT partner_submission_id AS "partnerSubmissionId", partner_session_id AS "partnerSessionId"
        FROM gtf_callback WHERE business_unit = $1 AND digest = $2`,
      [unit, digest],
    );
    return subject;
  }

  /** Enqueues the callbacks that came before their session was there: once it is, none of them is overlooked. */
  async processParked(unit: string, subject: CallbackSubject): Promise<void> {
    const parked = await this.database.query<{ readonly digest: Buffer }>(
      `SELECT digest FROM gtf_callback WHERE business_unit = $1 AND submission_id IS NULL
          AND (partner_submission_id = $2 OR partner_session_id = $3)`,
      [unit, subject.partnerSubmissionId, subject.partnerSessionId],
    );
    for (const { digest } of parked) await this.database.transaction((tx) => this.#enqueue(tx, unit, digest));
  }

  /** Moves the bytes to the vault of the person whom the callback is about; an erased person leaves none. */
  async claim(digest: Buffer, submission: Submission): Promise<void> {
    const { businessUnit, id, personId } = submission;
    await this.database.transaction(async (tx) => {
      // Held first: an erasure that follows deletes the callback.
      const person = await this.vault.hold(tx, businessUnit, personId);
      const parked = await tx.manager.findOne(KeptCallback, {
        where: { businessUnit, digest, submissionId: IsNull() },
        lock: { mode: 'pessimistic_write' },
      });
      if (parked === null || parked.keyId === null || parked.sealed === null) return;
      if (person === undefined) return void (await tx.manager.delete(KeptCallback, { businessUnit, digest }));
      const bytes = this.keys.unseal(parked.keyId, parked.sealed, aad(businessUnit, digest));
      const kept = await this.vault.put(tx, person, VAULT_ENTRY, bytes.toString());
      const moved = { submissionId: id, vaultEntry: kept.id, keyId: null, sealed: null };
      await tx.manager.update(KeptCallback, { businessUnit, digest }, moved);
    });
  }

  /** Deletes a callback about an erased person. @returns whether it was one */
  async dropForgotten(unit: string, digest: Buffer, subject: CallbackSubject): Promise<boolean> {
    const ids = [subject.partnerSubmissionId, subject.partnerSessionId].filter((id) => id !== null);
    const dropped = await this.database.query(
      `DELETE FROM gtf_callback c WHERE c.business_unit = $1 AND c.digest = $2 AND EXISTS (
         SELECT FROM gtf_forgotten f WHERE f.business_unit = $1 AND f.digest = ANY ($3)) RETURNING c.digest`,
      [unit, digest, ids.map((id) => forgottenDigest(this.index, unit, id))],
    );
    return dropped.length > 0;
  }

  /** Deletes callbacks that stayed without a submission, and the marks of erased sessions, after {@link PARKED_DAYS}. */
  async forgetParked(): Promise<void> {
    const isOld = "now() - $1::float8 * interval '1 day'";
    const parked = `DELETE FROM gtf_callback WHERE submission_id IS NULL AND received_at < ${isOld}`;
    await this.database.query(parked, [PARKED_DAYS]);
    await this.database.query(`DELETE FROM gtf_forgotten WHERE forgotten_at < ${isOld}`, [PARKED_DAYS]);
  }

  async #enqueue(tx: Transaction, businessUnit: string, digest: Buffer): Promise<void> {
    const data: CallbackData = { businessUnit, digest: digest.toString('hex') };
    await this.jobs.send(tx, CALLBACK_QUEUE.name, data);
  }
}

/** The mark of an erased person's session, by which later callbacks about it are deleted. */
export function forgottenDigest(index: BlindIndex, unit: string, partnerId: string): Buffer {
  return index.digest('gtf forgotten', unit, partnerId);
}

function aad(unit: string, digest: Buffer): string {
  return `gtf_callback.sealed|v1|${unit}|${digest.toString('hex')}`;
}
