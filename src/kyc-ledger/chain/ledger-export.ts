import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { normalisePhoneNumber } from '../../platform/indonesia';
import { Clock } from '../../platform/time';
import { canonical, canonicalBody } from '../events/event';
import { People } from '../people/people';
import { SubmissionRepository } from '../submissions/submission.repository';
import { ChainEvents, type ChainEvent } from './chain-events';
import { LedgerSigner, type SignedEnd } from './checkpoint';
import { Checkpoints } from './checkpoints';

/** What an export holds in full; of all other events of the unit only their digests. */
export type ExportScope =
  | { readonly kind: 'unit' }
  | { readonly kind: 'person'; readonly personId: string }
  | { readonly kind: 'submission'; readonly submissionId: string; readonly personId: string };

/** Nothing of the kind is in the chain, or the chain does not hold and so cannot be signed. */
export class NothingToExport extends Error {}

@Injectable()
export class ExportScopes {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly people: People,
  ) {}

  /** @throws NothingToExport */
  async ofSubmission(unit: string, id: string): Promise<ExportScope> {
    const found = await this.submissions.find(unit, id.toLowerCase());
    if (found === undefined) throw new NothingToExport('there is no such submission');
    return { kind: 'submission', submissionId: found.id, personId: found.personId };
  }

  /** @param whom their id, or a phone number that leads to nobody else @throws NothingToExport */
  async ofPerson(unit: string, whom: string): Promise<ExportScope> {
    const people = await this.people.idsOfWhom(unit, normalisePhoneNumber(whom) ?? whom);
    const [personId, ...others] = people;
    if (personId === undefined) throw new NothingToExport('nobody is known by this phone number');
    // Numbers change hands: one person's proof must not be taken for another's.
    if (others.length > 0)
      throw new NothingToExport(
        `several people are known by this phone number: name one of them, --person ${people.join(', ')}`,
      );
    return { kind: 'person', personId };
  }
}

/** What an export is about, and where it stands in the chain. */
interface Extent {
  /** As the manifest names it. */
  readonly scope: object;
  /** Places of the events that are held in full, in order; null stands for all. */
  readonly places: ReadonlySet<number> | null;
}

/** Takes the export's lines, in order, each without its newline. */
export type LineSink = (line: string) => Promise<void>;

export interface Exported {
  readonly events: number;
  readonly checkpoint: SignedEnd;
}

/** Writes a chain, or one submission's or person's part of it, so that `verify-ledger-export.mjs` can prove it without us. */
@Injectable()
export class LedgerExport {
  constructor(
    private readonly database: Database,
    private readonly events: ChainEvents,
    private readonly checkpoints: Checkpoints,
    private readonly signer: LedgerSigner,
    private readonly clock: Clock,
  ) {}

  /** @throws NothingToExport */
  async write(businessUnit: string, wanted: ExportScope, sink: LineSink): Promise<Exported> {
    const checkpoint = await this.checkpoints.ofEnd(businessUnit);
    if (checkpoint === null)
      throw new NothingToExport('the chain is empty, or does not hold: run verify to see where');
    const { scope, places } = await this.#extent(businessUnit, wanted, checkpoint.seq);
    const [first] = places ?? [1];
    if (first === undefined) throw new NothingToExport('there is no such event in the chain');
    const events = places?.size ?? checkpoint.seq;
    const digest = createHash('sha256');
    const line = async (text: string): Promise<void> => {
      digest.update(text).update('\n');
      await sink(text);
    };
    for await (const page of this.events.pages(businessUnit, first - 1, checkpoint.seq))
      for (const event of page) {
        if (event.seq === first) await line(this.#manifest(businessUnit, scope, event, events));
        await line(lineOf(event, places?.has(event.seq) ?? true));
      }
    const contentSha256 = digest.digest('hex');
    const signature = this.signer.export(checkpoint, contentSha256);
    await sink(canonical({ checkpoint, contentSha256, signature }));
    return { events, checkpoint };
  }

  /**
   * A submission may bring data of another person than the one who opened it: a person's export also holds the submissions that brought
   * their data, a submission's what happened to the person whose data it brought.
   */
  async #extent(unit: string, wanted: ExportScope, until: number): Promise<Extent> {
    const among = async <T>(wish: string, condition: string, ...values: unknown[]): Promise<T[]> => {
      const rows = await this.database.query<{ found: T }>(
        `SELECT DISTINCT ${wish} AS found FROM kyc_event
          WHERE business_unit = $1 AND seq <= $2 AND (${condition}) ORDER BY 1`,
        [unit, until, ...values],
      );
      return rows.map(({ found }) => found);
    };
    switch (wanted.kind) {
      case 'unit':
        return { scope: wanted, places: null };
      case 'person': {
        const { personId } = wanted;
        const submissionIds = await among<string>('submission_id', `data->>'owner' = $3`, personId);
        const condition = 'person_id = $3 OR submission_id = ANY ($4)';
        const places = new Set(await among<number>('seq::float8', condition, personId, submissionIds));
        return { scope: { ...wanted, submissionIds }, places };
      }
      case 'submission': {
        const { submissionId, personId } = wanted;
        const bringsAnother = `submission_id = $3 AND data ? 'owner'`;
        const ownerIds = await among<string>(`data->>'owner'`, bringsAnother, submissionId);
        const condition = 'submission_id = $3 OR (submission_id IS NULL AND person_id = ANY ($4))';
        const people = [personId, ...ownerIds];
        const places = new Set(await among<number>('seq::float8', condition, submissionId, people));
        return { scope: { ...wanted, ownerIds }, places };
      }
    }
  }

  #manifest(businessUnit: string, scope: object, first: ChainEvent, events: number): string {
    return canonical({
      format: 'kyc-ledger-export',
      version: 1,
      businessUnit,
      scope,
      from: first.seq,
      previousHash: first.previousHash.toString('hex'),
      events,
      exportedAt: this.clock.date().toISOString(),
      publicKey: this.signer.publicKey.export({ type: 'spki', format: 'pem' }),
    });
  }
}

/** Written by hand and not as an object: a verifier takes the body's bytes as they stand here. */
function lineOf({ seq, body, storedDigest, hash }: ChainEvent, isFull: boolean): string {
  const content = isFull ? `"body":${canonicalBody(body)}` : `"bodyDigest":"${storedDigest.toString('hex')}"`;
  return `{${content},"hash":"${hash.toString('hex')}","seq":${seq}}`;
}
