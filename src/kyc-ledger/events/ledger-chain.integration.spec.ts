import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import {
  type Appended,
  IDENTITY,
  Ledger,
  type StandaloneEvent,
  SubmissionRepository,
  writeIdentity,
} from '..';
import { Database } from '../../platform/database';
import { linked, sha256 } from '../../../test/support/chain-hashes';
import { customer } from '../../../test/support/submission-story';
import { KTP, openedBy, verified } from '../submission-story.fixture';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';

let gateway: InProcessGateway;
let sql: Client;

beforeAll(async () => {
  gateway = await startInProcessGateway();
  sql = new Client(gateway.database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});

interface EventRow {
  readonly seq: string;
  readonly submission_id: string | null;
  readonly person_id: string;
  readonly type: string;
  readonly at: Date;
  readonly source_key: string;
  readonly data: object;
  readonly vault: readonly { id: string; name: string; sealedSha256: string; commitment: string }[];
  readonly body_digest: Buffer;
  readonly previous_hash: Buffer;
  readonly hash: Buffer;
}

async function chainOf(unit: string): Promise<EventRow[]> {
  const { rows } = await sql.query<EventRow>(
    'SELECT * FROM kyc_event WHERE business_unit = $1 ORDER BY seq',
    [unit],
  );
  return rows;
}

/** RFC 8785 for what events hold: no numbers but small integers, keys in UTF-16 order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}

describe('the chain of a business unit', () => {
  it('can be computed by hand from its events, one after the other from nothing', async () => {
    const who = customer();
    await verified(gateway, who);
    await verified(gateway, who);
    const chain = await chainOf('nanovest');
    let previous: Buffer = Buffer.alloc(32);
    for (const [index, event] of chain.entries()) {
      expect(Number(event.seq)).toBe(index + 1);
      const body = {
        version: 1,
        businessUnit: 'nanovest',
        submissionId: event.submission_id,
        personId: event.person_id,
        type: event.type,
        at: event.at.toISOString(),
        sourceKey: event.source_key,
        data: event.data,
        vault: event.vault,
      };
      const digest = sha256(canonical(body));
      expect(event.body_digest).toEqual(digest);
      expect(event.previous_hash).toEqual(previous);
      expect(event.hash).toEqual(linked(previous, Number(event.seq), digest));
      previous = event.hash;
    }
    const head = await sql.query<{ seq: string; hash: Buffer }>(
      `SELECT seq, hash FROM ledger_head WHERE business_unit = 'nanovest'`,
    );
    expect(head.rows).toEqual([{ seq: String(chain.length), hash: previous }]);
  });

  it('is each unit’s own', async () => {
    await verified(gateway, customer('siminvest'));
    const [first] = await chainOf('siminvest');
    expect(first).toMatchObject({ seq: '1', previous_hash: Buffer.alloc(32) });
  });

  it('does not fork when many append at once', async () => {
    const before = (await chainOf('nanovest')).length;
    await Promise.all(Array.from({ length: 40 }, () => openedBy(gateway, customer())));
    const chain = await chainOf('nanovest');
    expect(chain).toHaveLength(before + 40);
    for (const [index, event] of chain.entries())
      expect(event.previous_hash).toEqual(chain[index - 1]?.hash ?? Buffer.alloc(32));
  });

  const WAYS: Readonly<Record<string, (newEvent: StandaloneEvent) => Promise<Appended>>> = {
    'in a transaction': (newEvent) =>
      gateway.app.get(Database).transaction((tx) => gateway.app.get(Ledger).append(tx, newEvent)),
    'by itself': (newEvent) => gateway.app.get(Ledger).record(newEvent),
  };

  describe.each(Object.entries(WAYS))('told %s', (way, tell) => {
    it('takes an event from one source once, however many tell of it at once', async () => {
      const { businessUnit, id } = await openedBy(gateway, customer());
      const sourceKey = `read:${randomUUID()}`;
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () =>
          tell({
            businessUnit,
            submissionId: id,
            type: 'kyc.unrecognised',
            sourceKey,
            personal: { [`note ${way}`]: 'once' },
          }),
        ),
      );
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
        'appended',
        ...Array<string>(9).fill('unchanged'),
      ]);
      const entries = await sql.query(`SELECT FROM vault_entry WHERE name = $1`, [`note ${way}`]);
      expect(entries.rowCount).toBe(1);
    });

    it('takes a note once, and leaves the submission as it is', async () => {
      const { businessUnit, id } = await openedBy(gateway, customer());
      const note = {
        businessUnit,
        submissionId: id,
        type: 'identity.read',
        sourceKey: randomUUID(),
      } as const;
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => tell(note)));
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array<string>(5).fill('appended'));
      const { rows } = await sql.query(
        `SELECT e.type, s.status FROM kyc_event e JOIN kyc_submission s ON s.id = e.submission_id WHERE s.id = $1 ORDER BY e.seq`,
        [id],
      );
      expect(rows).toEqual([
        { type: 'kyc.opened', status: 'open' },
        { type: 'identity.read', status: 'open' },
      ]);
    });

    it('records a changed mind of the partner once, and does not follow it', async () => {
      const { businessUnit, id } = await verified(gateway, customer());
      const declined = (): Promise<Appended> =>
        tell({
          businessUnit,
          submissionId: id,
          type: 'kyc.declined',
          sourceKey: randomUUID(),
          data: { reasonCode: 'FACE_MISMATCH' },
        });
      expect(await declined()).toMatchObject({ outcome: 'contradicted', submission: { status: 'verified' } });
      expect(await declined()).toMatchObject({ outcome: 'unchanged', submission: { status: 'verified' } });
    });
  });

  it('gives each of many told at once its own outcome, whatever becomes of the others', async () => {
    const ledger = gateway.app.get(Ledger);
    const open = await Promise.all(Array.from({ length: 30 }, () => openedBy(gateway, customer())));
    const rejected = await verified(gateway, customer());
    const told = (submissionId: string, type: StandaloneEvent['type']): Promise<string> =>
      ledger
        .record({ businessUnit: 'nanovest', submissionId, type, sourceKey: `${type}:${submissionId}` })
        .then(
          ({ outcome }) => outcome,
          (error: Error) => error.message,
        );
    const outcomes = await Promise.all([
      told(randomUUID(), 'kyc.processing'),
      told(rejected.id, 'kyc.processing'),
      told(rejected.id, 'common_kyc.shared'),
      ...open.map(({ id }) => told(id, 'kyc.verified')),
    ]);
    expect(outcomes).toEqual([
      'an event for a submission that does not exist',
      'unchanged',
      'refused',
      ...Array<string>(30).fill('appended'),
    ]);
    const chain = await chainOf('nanovest');
    for (const [index, event] of chain.entries())
      expect(event.previous_hash).toEqual(chain[index - 1]?.hash ?? Buffer.alloc(32));
  });

  describe('with another process on the same database', () => {
    let other: InProcessGateway;
    beforeAll(async () => {
      other = await startInProcessGateway({
        lab: gateway.lab,
        database: gateway.database,
        environment: gateway.environment,
      });
    });
    afterAll(() => other?.close());

    it('goes on from where the other left the submission', async () => {
      const { id } = await openedBy(gateway, customer());
      const told = (by: InProcessGateway, type: StandaloneEvent['type']): Promise<Appended> =>
        by.app
          .get(Ledger)
          .record({ businessUnit: 'nanovest', submissionId: id, type, sourceKey: `${type}:${id}` });
      expect(await told(other, 'kyc.processing')).toMatchObject({ outcome: 'appended' });
      expect(await told(gateway, 'kyc.processing')).toMatchObject({
        outcome: 'unchanged',
        submission: { status: 'processing' },
      });
      expect(await told(gateway, 'kyc.verified')).toMatchObject({ outcome: 'appended' });
      expect(await told(other, 'kyc.declined')).toMatchObject({
        outcome: 'contradicted',
        submission: { status: 'verified' },
      });
      expect(await told(other, 'kyc.verified')).toMatchObject({ outcome: 'unchanged' });
    });

    it.each([
      ['erased', 'key_id = NULL, wrapped_key = NULL, erased_at = now()'],
      ['restricted', `restricted_until = now() + interval '1 day'`],
    ])('keeps nothing of a person who was %s meanwhile', async (_, change) => {
      const { id, personId } = await openedBy(gateway, customer());
      await sql.query(`UPDATE person SET ${change} WHERE id = $1`, [personId]);
      const { outcome, submission } = await gateway.app.get(Ledger).record({
        businessUnit: 'nanovest',
        submissionId: id,
        type: 'kyc.verified',
        sourceKey: `kyc.verified:${id}`,
        personal: { [IDENTITY]: writeIdentity(KTP) },
      });
      expect([outcome, submission.status, submission.identityEntry]).toEqual(['appended', 'verified', null]);
      const entries = await sql.query(`SELECT FROM vault_entry WHERE person_id = $1 AND name <> 'phone'`, [
        personId,
      ]);
      expect(entries.rowCount).toBe(0);
    });
  });

  it('waits for the one that changes the submission, and holds nobody else up meanwhile', async () => {
    const ledger = gateway.app.get(Ledger);
    const [mine, other] = [await openedBy(gateway, customer()), await openedBy(gateway, customer())];
    const events = (submissionId: string, type: StandaloneEvent['type']): StandaloneEvent => ({
      businessUnit: 'nanovest',
      submissionId,
      type,
      sourceKey: `${type}:${submissionId}`,
    });
    let waiting: Promise<Appended> | undefined;
    await gateway.app.get(Database).transaction(async (tx) => {
      await gateway.app.get(SubmissionRepository).lock(tx, 'nanovest', mine.id);
      waiting = ledger.record(events(mine.id, 'kyc.processing'));
      expect(await ledger.record(events(other.id, 'kyc.processing'))).toMatchObject({ outcome: 'appended' });
      await ledger.append(tx, events(mine.id, 'kyc.verified'));
    });
    expect(await waiting).toMatchObject({ outcome: 'unchanged', submission: { status: 'verified' } });
  });

  it.each([
    ['a hash that is none', `UPDATE ledger_head SET hash = '\\x00' WHERE business_unit = 'nanovest'`],
    ['a kind nobody knows', `UPDATE kyc_submission SET kind = 'other'`],
    ['an opener nobody knows', `UPDATE kyc_submission SET opened_by = 'nobody'`],
  ])('is kept by the database itself from %s', async (_, statement) => {
    await expect(sql.query(statement)).rejects.toMatchObject({ code: '23514' });
  });

  it('takes no event with a digest that is none', async () => {
    const event = {
      submission_id: randomUUID(),
      person_id: randomUUID(),
      type: 'identity.read',
      at: new Date(),
      source_key: randomUUID(),
    };
    const events = JSON.stringify([{ ...event, data: {}, vault: [], body_digest: 'AAAA' }]);
    await expect(sql.query('SELECT ledger_append_2($1, $2)', ['nanovest', events])).rejects.toMatchObject({
      code: '23514',
    });
  });

  it.each(['UPDATE kyc_event SET type = type', 'DELETE FROM kyc_event', 'TRUNCATE kyc_event'])(
    'is kept by the database itself from %s',
    async (statement) => {
      await expect(sql.query(statement)).rejects.toThrow(/append-only/);
    },
  );
});
