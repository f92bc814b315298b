import { createHmac, randomUUID } from 'node:crypto';
import { sha256 } from '../../../test/support/chain-hashes';
import { customer } from '../../../test/support/submission-story';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';
import { Database } from '../../platform/database';
import { People } from '../people/people';
import { PersonVault } from '../people/person-vault';
import { KTP, openedBy, verified } from '../submission-story.fixture';
import { Ledger } from './ledger';

let gateway: InProcessGateway;

beforeAll(async () => {
  gateway = await startInProcessGateway();
});
afterAll(() => gateway?.close());

describe('a submission', () => {
  it.each([
    ['of somebody who asked to be forgotten', 'now()', randomUUID()],
    ['that came from this source before', 'NULL', 'twice'],
  ])('%s is not taken for opened', async (_, restrictedUntil, source) => {
    const { app } = gateway;
    const open = (restricted: string): Promise<object> =>
      app.get(Database).transaction(async (tx) => {
        const person = await app.get(People).create(tx, 'nanovest');
        await tx.query(`UPDATE person SET restricted_until = ${restricted} WHERE id = $1`, [person.id]);
        const opening = { person, kind: 'common-kyc', openedBy: 'back-office', sourceKey: source } as const;
        return app.get(Ledger).open(tx, { ...opening, phoneNumber: '6285610573956' });
      });
    if (source === 'twice') await open('NULL');
    await expect(open(restrictedUntil)).rejects.toThrow('was not opened');
  });
});

describe('a NIK that very many people came with', () => {
  it('is counted up to one hundred others', async () => {
    const { app } = gateway;
    const [people, nik] = [app.get(People), '3273015009880016'];
    await app.get(Database).transaction(async (tx) => {
      const first = await people.create(tx, 'nanovest');
      await people.remember(tx, first, [{ kind: 'nik', value: nik }]);
      await tx.query(
        `WITH others AS (INSERT INTO person SELECT business_unit, gen_random_uuid(), key_id, wrapped_key, created_at
           FROM person, generate_series(1, 150) WHERE id = $1 RETURNING id)
         INSERT INTO person_index SELECT i.business_unit, i.kind, i.digest, o.id, i.sealed
           FROM person_index i, others o WHERE i.person_id = $1`,
        [first.id],
      );
    });
    expect(await people.countByNik('nanovest', [nik])).toEqual(new Map([[nik, 101]]));
  });
});

describe('personal data', () => {
  it('opens only where it was put', async () => {
    const vault = gateway.app.get(PersonVault);
    const [one, other] = [await verified(gateway, customer()), await verified(gateway, customer())];
    const mine = String(one.identityEntry);
    const theirs = String(other.identityEntry);
    expect(await vault.read('nanovest', [mine])).toEqual(new Map([[mine, JSON.stringify(KTP)]]));
    expect((await vault.read('siminvest', [mine])).size).toBe(0);
    await gateway.query(
      `UPDATE vault_entry SET sealed = (SELECT sealed FROM vault_entry WHERE id = $1) WHERE id = $2`,
      [mine, theirs],
    );
    await expect(vault.read('nanovest', [theirs])).rejects.toThrow('moved');
    await gateway.query(`UPDATE vault_entry SET name = 'phone' WHERE id = $1`, [mine]);
    await expect(vault.read('nanovest', [mine])).rejects.toThrow('moved');
  });

  it('is named in the chain by its ciphertext’s digest and a commitment that needs the salt', async () => {
    const { id, identityEntry } = await verified(gateway, customer());
    const [entry] = await gateway.query<{ sealed: Buffer }>('SELECT sealed FROM vault_entry WHERE id = $1', [
      identityEntry,
    ]);
    const [event] = await gateway.query<{ vault: { commitment: string }[] }>(
      `SELECT vault FROM kyc_event WHERE submission_id = $1 AND type = 'kyc.verified'`,
      [id],
    );
    const reference = event?.vault[0];
    expect(reference).toMatchObject({
      id: identityEntry,
      sealedSha256: sha256(entry?.sealed ?? '').toString('hex'),
    });
    expect(reference?.commitment).not.toBe(sha256(JSON.stringify(KTP)).toString('hex'));
    expect(reference?.commitment).not.toBe(
      createHmac('sha256', '').update(JSON.stringify(KTP)).digest('hex'),
    );
  });

  it('of one newcomer who arrives twice at once belongs to one person', async () => {
    const who = customer();
    const both = await Promise.all(Array.from({ length: 8 }, () => openedBy(gateway, who)));
    expect(new Set(both.map(({ personId }) => personId)).size).toBe(1);
  });
});
