import { generateKeyPairSync } from 'node:crypto';
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import {
  LedgerExport,
  LedgerVerification,
  PersonVault,
  ProjectionRebuild,
  SubmissionRepository,
  type SignedEnd,
} from '..';
import { ChainEvents } from './chain-events';
import type { ExportScope } from './ledger-export';
import { LedgerSigner } from './checkpoint';
import { CheckpointMemory } from './checkpoint-memory';
import { CheckpointPublisher } from './checkpoint-publisher';
import { Checkpoints } from './checkpoints';
import { ledgerSettings } from '..';
import { KeyRing } from '../../platform/crypto';
import { Database, type Transaction } from '../../platform/database';
import { Clock } from '../../platform/time';
import type { InProcessGateway } from '../../in-process-gateway.fixture';

/** What an auditor works with, on one connection: what it sees may be undone. */
export interface LedgerTools {
  readonly verification: LedgerVerification;
  readonly rebuild: ProjectionRebuild;
  readonly checkpoints: Checkpoints;
  readonly publicKey: string;
  /** Signs the end of a unit's chain. */
  sign(unit: string): Promise<SignedEnd>;
  /** An export's lines. */
  export(unit: string, scope: ExportScope): Promise<string[]>;
}

/**
 * @param sql connection through which everything is read
 * @param signer the gateway's own, or one that came after it
 */
export function ledgerTools(
  { app }: InProcessGateway,
  sql: Client,
  signer = app.get(LedgerSigner, { strict: false }),
): LedgerTools {
  const query = async (
    statement: string | { text: string },
    parameters: unknown[] = [],
  ): Promise<object[]> => {
    const text = typeof statement === 'string' ? statement : statement.text;
    const name = createHash('md5').update(text).digest('hex'); // planned once, however often it is asked
    return (await sql.query({ name, text, values: parameters })).rows as object[];
  };
  const database = {
    query,
    transaction: (work: (tx: Transaction) => Promise<unknown>) => work({ query } as unknown as Transaction),
  } as unknown as Database;
  const clock = app.get(Clock, { strict: false });
  const events = new ChainEvents(database);
  const vault = new PersonVault(database, app.get(KeyRing, { strict: false }));
  const publisher = app.get(CheckpointPublisher, { strict: false });
  const checkpoints = new Checkpoints(
    database,
    events,
    signer,
    app.get(ledgerSettings.token, { strict: false }),
    new CheckpointMemory(database, signer, publisher),
  );
  const exporter = new LedgerExport(database, events, checkpoints, signer, clock);
  return {
    verification: new LedgerVerification(database, events, checkpoints, signer, vault),
    checkpoints,
    rebuild: new ProjectionRebuild(database, events, new SubmissionRepository(database)),
    publicKey: signer.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: async (unit) => {
      const checkpoint = await checkpoints.ofEnd(unit);
      if (checkpoint === null) throw new Error('the chain does not hold');
      return checkpoint;
    },
    export: async (unit, scope) => {
      const lines: string[] = [];
      await exporter.write(unit, scope, (line) => {
        lines.push(line);
        return Promise.resolve();
      });
      return lines;
    },
  };
}

/** A ledger's next signing key. */
export function nextSigner(): LedgerSigner {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const settings = { values: { LEDGER_SIGNING_KEY: { reveal: () => pem } } };
  return new LedgerSigner(settings as unknown as ConstructorParameters<typeof LedgerSigner>[0]);
}
