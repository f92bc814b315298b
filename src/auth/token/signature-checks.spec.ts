import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { checkSignature } from './signature-checks';

const keyPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = { ours: keyPair(), theirs: keyPair() };
type Whose = keyof typeof keys;

/** Which key signs, and which one it is checked with; the signature may be over something else. */
interface Case {
  readonly signer: Whose;
  readonly key: Whose;
  readonly foreign: boolean;
}

const check = (index: number, { signer, key, foreign }: Case): Promise<boolean> => {
  const signed = `header.payload-${index}`;
  const over = Buffer.from(foreign ? `${signed}x` : signed);
  const signature = sign('sha256', over, keys[signer].privateKey);
  return new Promise((resolve) => checkSignature({ signed, signature, key: keys[key].publicKey }, resolve));
};

describe('signatures checked in a row', () => {
  it('are answered each for itself, however many there are', async () => {
    const whose = fc.constantFrom<Whose>('ours', 'theirs');
    const cases = fc.array(fc.record({ signer: whose, key: whose, foreign: fc.boolean() }), {
      minLength: 1,
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(cases, async (row) => {
        const answers = await Promise.all(row.map((one, index) => check(index, one)));
        expect(answers).toEqual(row.map(({ signer, key, foreign }) => signer === key && !foreign));
      }),
      { numRuns: 20 },
    );
  });

  it('let others have their turn in between', async () => {
    const good: Case = { signer: 'ours', key: 'ours', foreign: false };
    const answered: string[] = [];
    const row = Array.from({ length: 64 }, (_, index) =>
      check(index, good).then(() => answered.push('checked')),
    );
    setImmediate(() => answered.push('another'));
    await Promise.all(row);
    expect(answered.indexOf('another')).toBe(32);
  });
});
