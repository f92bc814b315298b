import fc from 'fast-check';
import type { Database } from '../../platform/database';
import type { OtpSettings } from '../otp.settings';
import { type NewDelivery, IntakeRepository } from './intake.repository';

interface Request {
  readonly id: string;
  readonly recipient: string;
  readonly plain: boolean;
}

/** A database that repeats whatever is not plain, and the requests it was asked to accept. */
function repository(): { readonly intake: IntakeRepository; readonly asked: Request[] } {
  const asked: Request[] = [];
  const query = (_: unknown, [requests]: readonly unknown[]): Promise<object[]> => {
    asked.push(...(JSON.parse(String(requests)) as Request[]));
    const others = asked.filter(({ plain }) => !plain);
    return Promise.resolve([
      {
        accepted: asked.length - others.length,
        others: others.map(({ id }) => ({ id, outcome: 'repeat', deliveryId: `first of ${id}` })),
      },
    ]);
  };
  const intake = new IntakeRepository({ values: {} } as OtpSettings, { query } as unknown as Database);
  return { intake, asked };
}

const anyDelivery = fc.record({
  recipient: fc.constantFrom('\\x00ff', '\\x01', '\\x0a', '\\xa0', '\\xff'),
  prefixed: fc.constantFrom({}, {}, {}, { prefix: '\\x02' }),
  keyed: fc.constantFrom({}, {}, {}, { key: '\\x03', request: '\\x04' }),
  held: fc.constantFrom(0, 0, 0, 7),
});

const anyBatch = fc.array(anyDelivery, { minLength: 1, maxLength: 20 }).map((all) =>
  all.map(({ recipient, prefixed, keyed, held }, place): NewDelivery => ({
    businessUnit: 'nanovest',
    id: String(place),
    channel: 'sms',
    maskedIdentifier: '+6281***987',
    recipient,
    ...prefixed,
    ...keyed,
    code: '\\x05',
    keyId: 'k1',
    sealed: '\\x01',
    held,
  })),
);

describe('A batch of codes', () => {
  it('reaches the database by recipient, each recipient’s in the order they came', async () => {
    await fc.assert(
      fc.asyncProperty(anyBatch, async (batch) => {
        const { intake, asked } = repository();
        await intake.acceptAll(batch);
        const key = ({ recipient, id }: Request): string => `${recipient} ${id.padStart(2, '0')}`;
        expect(asked.map(key)).toEqual(
          batch.map(({ id, recipient }) => key({ id, recipient, plain: true })).sort(),
        );
      }),
    );
  });

  it('marks as plain the first of a recipient, when there is nothing else to look at', async () => {
    await fc.assert(
      fc.asyncProperty(anyBatch, async (batch) => {
        const { intake, asked } = repository();
        await intake.acceptAll(batch);
        for (const { id, recipient, plain } of asked) {
          const given = batch[Number(id)];
          const first = batch.findIndex((other) => other.recipient === recipient) === Number(id);
          expect(plain).toBe(first && !given?.prefix && !given?.key && given?.held === 0);
        }
      }),
    );
  });

  it('is answered in the order it came', async () => {
    await fc.assert(
      fc.asyncProperty(anyBatch, async (batch) => {
        const { intake, asked } = repository();
        const answers = await intake.acceptAll(batch);
        const plain = new Set(asked.filter((request) => request.plain).map(({ id }) => id));
        expect(answers).toEqual(
          batch.map(({ id }) =>
            plain.has(id)
              ? { outcome: 'accepted', deliveryId: id }
              : { id, outcome: 'repeat', deliveryId: `first of ${id}` },
          ),
        );
      }),
    );
  });
});
