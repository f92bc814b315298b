import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import canonicalize from 'canonicalize';
import { Database } from '../../platform/database';
import { Clock } from '../../platform/time';
import { canonicalBody, type EventBody } from '../events/event';
import { ChainEvents, type ChainEvent } from './chain-events';
import { type ExportScope, NothingToExport } from './export-scope';
import { LedgerSigner, type SignedCheckpoint } from './checkpoint';
import { Checkpoints } from './checkpoints';

/**
 * A scope as the manifest names it. A submission may bring data of another person than the one who opened it: a person's export also holds
 * the submissions that brought their data, a submission's what happened to the person whose data it brought.
 */
type NamedScope =
  | { readonly kind: 'unit' }
  | { readonly kind: 'person'; readonly personId: string; readonly submissionIds: readonly string[] }
  | {
      readonly kind: 'submission';
      readonly submissionId: string;
      readonly personId: string;
      readonly ownerIds: readonly string[];
    };

/** Takes the export's lines, in order, each without its newline. */
export type LineSink = (line: string) => Promise<void>;

export interface Exported {
  readonly events: number;
  readonly checkpoint: SignedCheckpoint;
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
    const scope = await this.#named(businessUnit, wanted, checkpoint.seq);
    const { first, count } = await this.#extent(businessUnit, scope, checkpoint.seq);
    const digest = createHash('sha256');
    const line = async (text: string): Promise<void> => {
      digest.update(text).update('\n');
      await sink(text);
    };
    let begun = false;
    for await (const page of this.events.pages(businessUnit, first - 1, checkpoint.seq))
      for (const event of page) {
        if (!begun) await line(this.#manifest(businessUnit, scope, event, count));
        begun = true;
        await line(lineOf(event, scope));
      }
    const contentSha256 = digest.digest('hex');
    const signature = this.signer.export(checkpoint, contentSha256);
    await sink(canonical({ checkpoint, contentSha256, signature }));
    return { events: count, checkpoint };
  }

  async #named(unit: string, scope: ExportScope, until: number): Promise<NamedScope> {
    const ids = async (column: string, condition: string, value: string): Promise<string[]> => {
      const rows = await this.database.query<{ id: string }>(
        `SELECT DISTINCT ${column} AS id FROM kyc_event
          WHERE business_unit = $1 AND seq <= $2 AND data ? 'owner' AND ${condition} ORDER BY 1`,
        [unit, until, value],
      );
      return rows.map(({ id }) => id);
    };
    switch (scope.kind) {
      case 'unit':
        return scope;
      case 'person':
        return { ...scope, submissionIds: await ids('submission_id', `data->>'owner' = $3`, scope.personId) };
      case 'submission':
        return { ...scope, ownerIds: await ids(`data->>'owner'`, 'submission_id = $3', scope.submissionId) };
    }
  }

  #manifest(businessUnit: string, scope: NamedScope, first: ChainEvent, events: number): string {
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

  async #extent(
    unit: string,
    scope: NamedScope,
    until: number,
  ): Promise<{ readonly first: number; readonly count: number }> {
    const [condition, parameters] = conditionOf(scope);
    const [row] = await this.database.query<{ first: string | null; count: string }>(
      `SELECT min(seq) AS first, count(*) AS count FROM kyc_event WHERE business_unit = $1 AND seq <= $2 ${condition}`,
      [unit, until, ...parameters],
    );
    if (row === undefined || row.first === null)
      throw new NothingToExport('there is no such event in the chain');
    return { first: Number(row.first), count: Number(row.count) };
  }
}

function conditionOf(scope: NamedScope): readonly [string, readonly unknown[]] {
  switch (scope.kind) {
    case 'unit':
      return ['', []];
    case 'person':
      return ['AND (person_id = $3 OR submission_id = ANY ($4))', [scope.personId, scope.submissionIds]];
    case 'submission':
      return [
        'AND (submission_id = $3 OR (submission_id IS NULL AND person_id = ANY ($4)))',
        [scope.submissionId, [scope.personId, ...scope.ownerIds]],
      ];
  }
}

function belongs({ submissionId, personId }: EventBody, scope: NamedScope): boolean {
  switch (scope.kind) {
    case 'unit':
      return true;
    case 'person':
      return personId === scope.personId || scope.submissionIds.some((id) => id === submissionId);
    case 'submission':
      return (
        submissionId === scope.submissionId ||
        (submissionId === null && [scope.personId, ...scope.ownerIds].some((id) => id === personId))
      );
  }
}

/** Written by hand and not as an object: a verifier takes the body's bytes as they stand here. */
function lineOf({ seq, body, storedDigest, hash }: ChainEvent, scope: NamedScope): string {
  const content = belongs(body, scope)
    ? `"body":${canonicalBody(body)}`
    : `"bodyDigest":"${storedDigest.toString('hex')}"`;
  return `{${content},"hash":"${hash.toString('hex')}","seq":${seq}}`;
}

function canonical(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('an object has a canonical form');
  return text;
}
