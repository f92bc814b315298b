import { randomUUID } from 'node:crypto';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';
import { Database } from '../../platform/database';
import { People } from '../people/people';
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
      await people.remember(tx, first, 'nik', nik);
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
