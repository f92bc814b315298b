import fc from 'fast-check';
import { type Order, RequestArbitraries } from './support/requests';
import { IS_LONG, SEED } from './support/runs';
import { FuzzWorld, operationsOf, type Outcome } from './support/world';
import document from '../../openapi.json';

/** Requests made from the document alone: what it allows is served, what it does not is refused, and every answer is one it promises. */
const RUNS = IS_LONG ? 500 : 40;
const TIMEOUT_MS = 600_000;
/** Their answers depend on more than the request: partner-shares.spec.ts. */
const NOT_SERVED = ['shareSubmission'];

const STRICT = ['user', 'back-office', 'otp-webhook'];

/** For being what it is, whatever is asked for. */
const REFUSED_AS_INVALID = [400, 413, 414, 415, 417, 431];

let world: FuzzWorld;
const tried: { operation: string; valid: number; served: number; invalid: number }[] = [];

beforeAll(async () => {
  world = await FuzzWorld.create();
}, 120_000);
afterAll(async () => {
  const sum = (count: 'valid' | 'served' | 'invalid'): number =>
    tried.reduce((total, one) => total + one[count], 0);
  process.stdout.write(
    `${tried.length} operations: ${sum('valid')} valid requests (${sum('served')} of them 2xx), ${sum('invalid')} invalid ones; seed ${SEED}\n`,
  );
  await world?.gateway.close();
}, 120_000);

/** What is wrong with an answer, whatever was asked. */
function wrongWith({ status, text, fault }: Outcome): string | undefined {
  if (status >= 500) return `${status} ${text}`;
  return fault;
}

function refusesTheField({ status, text }: Outcome, { wrong = '', raw }: Order): boolean {
  const [where, name = ''] = wrong.split(' ');
  if (status !== 400 || where === 'path' || raw !== undefined) return true;
  const { errors, error_description: described } = JSON.parse(text) as {
    errors?: { field: string }[];
    error_description?: string;
  };
  if (described !== undefined) return true;
  return errors === undefined || errors.some(({ field }) => field === name || field.startsWith(`${name}.`));
}

describe.each(operationsOf(document).map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (name, operation) => {
    const answers = new Set<string>();
    const count = { operation: name, valid: 0, served: 0, invalid: 0 };
    // Partners’ webhooks may grow, and say things in their own way: what they send is taken, and left out where it says nothing.
    const isStrict = (operation.security ?? []).some((scheme) => STRICT.some((one) => one in scheme));
    const requests = (): RequestArbitraries =>
      new RequestArbitraries(operation, world.schemas, world.specials(operation));

    it(
      'serves what the document allows',
      async () => {
        await fc.assert(
          fc.asyncProperty(requests().valid(), fc.boolean(), async (order, asOffice) => {
            const outcome = await world.send(operation, order, asOffice);
            count.valid += 1;
            if (outcome.status < 300) count.served += 1;
            answers.add(`${outcome.status} ${outcome.status < 300 ? '' : outcome.text}`.slice(0, 160));
            const wrong = wrongWith(outcome);
            if (wrong !== undefined) throw new Error(wrong);
            if (REFUSED_AS_INVALID.includes(outcome.status))
              throw new Error(`${outcome.status} ${outcome.text}`);
          }),
          { numRuns: RUNS, seed: SEED },
        );
        tried.push(count);
        if (!NOT_SERVED.includes(name)) expect([...answers]).toContainEqual(expect.stringMatching(/^2/));
      },
      TIMEOUT_MS,
    );

    it(
      'refuses what the document does not allow, and says which field it was',
      async () => {
        const invalid = requests().invalid();
        if (invalid === undefined) return;
        await fc.assert(
          fc.asyncProperty(invalid, fc.boolean(), async (order, asOffice) => {
            const outcome = await world.send(operation, order, asOffice);
            count.invalid += 1;
            const wrong = wrongWith(outcome);
            if (wrong !== undefined) throw new Error(wrong);
            if (outcome.status < 400 && isStrict)
              throw new Error(`taken, with ${outcome.status}: ${order.wrong}`);
            if (!refusesTheField(outcome, order))
              throw new Error(`does not name ${order.wrong}: ${outcome.text}`);
          }),
          { numRuns: RUNS, seed: SEED },
        );
      },
      TIMEOUT_MS,
    );
  },
);
