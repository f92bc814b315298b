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
