import { officerTokenOf } from '../support/submission-story';
import { type Party, party } from '../support/party';
import { backOffice, basic, otpSender } from '../support/test-gateway';
import type { Operation } from './support/requests';
import { elsewhere, FuzzWorld, operationsOf } from './support/world';
import document from '../../openapi.json';

/** Every route of the document, asked with every proof that is none for it: the documented refusal, and no trace of what is there. */
let world: FuzzWorld;
let victim: Party;
beforeAll(async () => {
  world = await FuzzWorld.create({ environment: { TRUST_PROXY: '1' } });
  victim = await party(world.gateway, 'siminvest');
}, 120_000);
afterAll(() => world?.gateway.close());

const NOBODYS_ID = '00000000-0000-4000-8000-000000000000';
const schemesOf = ({ security }: Operation): string[] =>
  (security ?? []).flatMap((scheme) => Object.keys(scheme));
const closed = operationsOf(document).filter((operation) => schemesOf(operation).length > 0);

/** What somebody shows, and for which schemes it would be a proof. */
function proofs(): Readonly<
  Record<string, readonly [headers: Record<string, string>, fits: readonly string[]]>
> {
  const { gateway } = world;
  const minted = (request: object): string =>
    `Bearer ${gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: '6285610573956', officer: true, ...request })}`;
  const good = `Bearer ${officerTokenOf(gateway, victim.person)}`;
  return {
    'no proof': [{}, []],
    'an expired token': [{ authorization: minted({ lifetimeSeconds: -120 }) }, []],
    'the token of a program': [
      { authorization: minted({ overrides: { preferred_username: 'service-account-nanovest' } }) },
      [],
    ],
    'an ID token': [{ authorization: minted({ overrides: { typ: 'ID' } }) }, []],
    'a token of nobody’s unit': [
      { authorization: minted({ overrides: { aud: 'elsewhere', azp: 'elsewhere' } }) },
      [],
    ],
    'a person’s token': [{ authorization: good }, ['user']],
    'a person’s token as Basic': [{ authorization: good.replace('Bearer', 'Basic') }, []],
    'a back office': [{ authorization: backOffice('siminvest') }, ['back-office']],
    'a sender of codes': [{ authorization: otpSender('siminvest') }, ['otp-webhook']],
    'a wrong password': [{ authorization: basic('siminvest-office', 'office-password-of-nanovest') }, []],
    'a password as Bearer': [{ authorization: backOffice('siminvest').replace('Basic', 'Bearer') }, []],
    'a proof in a cookie': [{ cookie: `authorization=${good}` }, []],
    'a forged signature': [
      { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}`, 'x-twilio-signature': 'x' },
      [],
    ],
  };
}

async function asked(
  operation: Operation,
  headers: Record<string, string>,
  id: string,
): Promise<{ status: number; text: string }> {
  const path = operation.path
    .replace('{businessUnit}', 'siminvest')
    .replace('{type}', 'KTP')
    .replace('{idOrPhoneNumber}', id === NOBODYS_ID ? '6281299999999' : victim.person.phoneNumber)
    .replaceAll(/\{\w+\}/g, id);
  const takesBody = operation.requestBody !== undefined;
  const response = await fetch(world.gateway.url + path, {
    method: operation.method,
    // Who shows a wrong password, or none, often is held back: everybody comes from elsewhere.
    headers: {
      ...headers,
      'x-forwarded-for': elsewhere(),
      ...(takesBody ? { 'content-type': 'application/json' } : {}),
    },
    ...(takesBody ? { body: '{}' } : {}),
  });
  const text = (await response.text()).replace(/"requestId":"[^"]*"/, '');
  return { status: response.status, text };
}

describe('every route', () => {
  it('refuses with 401 what is no proof for it, alike for what exists and what does not', async () => {
    const { length } = closed;
    expect(length).toBeGreaterThan(30);
    let tried = 0;
    for (const [who, [headers, fits]] of Object.entries(proofs())) {
      for (const operation of closed.filter(
        (one) => !schemesOf(one).some((scheme) => fits.includes(scheme)),
      )) {
        const what = `${operation.method} ${operation.path} with ${who}`;
        const seen = [];
        for (const id of [victim.own.at(-1) ?? '', NOBODYS_ID])
          seen.push(await asked(operation, headers, id));
        const [theirs, nobodys] = seen;
        expect([what, theirs?.status]).toEqual([what, 401]);
        expect([what, theirs]).toEqual([what, nobodys]);
        for (const secret of [...victim.own, ...victim.office, victim.person.phoneNumber])
          expect([what, theirs?.text.includes(secret)]).toEqual([what, false]);
        tried += 1;
      }
    }
    process.stdout.write(`${length} closed routes, ${tried} of them with a proof that is none for it\n`);
    expect(tried).toBeGreaterThan(10 * length);
  }, 120_000);
});
