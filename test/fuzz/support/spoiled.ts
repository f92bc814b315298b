import type { Fault } from '../../../lab/faults';
import { basic } from '../../support/test-gateway';
import type { Canaries } from './canaries';
import type { Operation, Order } from './requests';
import { elsewhere } from './world';

const PERSONAL = ['word', 'NIK', 'phone number', 'e-mail address', 'date of birth'];

/** A partner's message as the document shows it, about a submission that is known, and with more in it than anybody asked for. */
export function spokenOf(
  canaries: Canaries,
  known: readonly string[],
  example: unknown,
  whence: string,
): unknown {
  const inside = (value: unknown): unknown => spokenOf(canaries, known, value, whence);
  if (Array.isArray(example)) return example.map(inside);
  if (typeof example !== 'object' || example === null) return example;
  const inner = Object.entries(example).map(([name, value]: [string, unknown]): [string, unknown] => [
    name,
    name === 'submissionId' ? known[canaries.size % known.length] : inside(value),
  ]);
  const said = Object.fromEntries(PERSONAL.map((kind) => [`said ${kind}`, canaries.plant(kind, whence)]));
  return { ...Object.fromEntries(inner), ...said };
}

/** The same request with one thing wrong, beside or around what it holds. */
export function* spoiled(canaries: Canaries, { operationId: id }: Operation, order: Order): Generator<Order> {
  const { body, path, query, headers } = order;
  if (typeof body === 'object' && body !== null && !Buffer.isBuffer(body)) {
    for (const [name, value] of Object.entries(body) as [string, unknown][])
      if (typeof value === 'string')
        for (const wrong of [[value], { [name]: value }, `${value}\u0000`, value.repeat(400)])
          yield { ...order, body: { ...body, [name]: wrong } };
    yield { ...order, body: { ...body, surprise: canaries.plant('NIK', `${id} surprise`) } };
    const raw = JSON.stringify({ ...body, beside: canaries.plant('word', `${id} half`) });
    for (const half of [raw.slice(0, -1), raw.slice(0, -4), `${canaries.plant('word', `${id} text`)}${raw}`])
      yield { ...order, raw: half };
    yield { ...order, raw, headers: { ...headers, 'content-type': 'text/plain' } };
  }
  for (const pair of query) yield { ...order, query: [...query, pair] };
  yield { ...order, query: [...query, ['surprise', canaries.plant('NIK', `${id} query`)]] };
  for (const name of Object.keys(path))
    for (const kind of ['phone number', 'e-mail address', 'word'])
      yield { ...order, path: { ...path, [name]: canaries.plant(kind, `${id} path ${name}`) } };
  const wrong = canaries.plant('word', `${id} proof`);
  for (const authorization of [
    `Bearer ${wrong}`,
    `Bearer ${wrong}.${wrong}.${wrong}`,
    basic(wrong, wrong),
    wrong,
  ])
    yield { ...order, headers: { ...headers, authorization, 'x-forwarded-for': elsewhere() } };
}

/** Each way of a partner to fail, with what it was told, or what somebody else told it, in its answer. */
export function faults(canaries: Canaries): Readonly<Record<string, Fault>> {
  const repeated = PERSONAL.map((kind) => canaries.plant(kind, 'a partner’s answer')).join(' ');
  const token = canaries.plant('word', 'a partner’s token');
  const deep = {
    message: repeated,
    code: repeated,
    cause: repeated,
    faultstring: repeated,
    details: repeated,
  };
  const body = { ...deep, error: deep, errors: [deep], fault: deep, error_description: repeated };
  const form = { status: repeated, reasonCode: repeated, token, access_token: token, accessToken: token };
  const redirect = { location: `https://canary.example/${token}` };
  return {
    'refuses and repeats it': { status: 400, body },
    'says so in a page': { status: 403, body: `<html>${repeated}</html>` },
    'answers with a page': { status: 200, body: `<html>${repeated}</html>` },
    'answers in another form': { status: 200, body: { ...form, ...deep, data: form } },
    'fails and repeats it': { status: 500, body },
    'sends elsewhere': { status: 302, headers: redirect, body: repeated },
    'breaks off': { breakOff: true, status: 200 },
    'resets the connection': { reset: true },
    'does not answer': { hang: true },
  };
}
