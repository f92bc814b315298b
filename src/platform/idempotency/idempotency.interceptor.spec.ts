import { Body, Controller, Post } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { IsString } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { firstValueFrom, from } from 'rxjs';
import type { Transaction } from '../database';
import { type Attempt, CurrentAttempt } from './attempt';
import type { Claimed, IdempotencyStore, KeyUse } from './idempotency-store';
import { Idempotent, IdempotencyInterceptor } from './idempotency.interceptor';

class Order {
  @IsString() readonly name!: string;
}

@Controller()
class Orders {
  @Post()
  place(@CurrentAttempt() _attempt: Attempt, @Body() _order: Order): void {
    // What the route does is the test's.
  }

  @Post()
  renew(@CurrentAttempt() _attempt: Attempt): void {
    // It takes no body.
  }

  @Post()
  @Idempotent()
  refresh(): void {
    // It takes nothing at all.
  }
}

const routeOf = (name: keyof Orders): (() => void) =>
  Object.getOwnPropertyDescriptor(Orders.prototype, name)?.value as () => void;

const OWNER = { businessUnit: 'nanovest', caller: 'office' };
const SAVED = { status: 201, headers: { location: '/v1/orders/1' }, body: { id: '1' } };

/** A reply that remembers what was set. */
class Reply {
  statusCode = 200;
  readonly sent: Record<string, string> = {};

  code(status: number): this {
    this.statusCode = status;
    return this;
  }

  headers(headers: Readonly<Record<string, string>>): this {
    Object.assign(this.sent, headers);
    return this;
  }

  header(name: string, value: string): this {
    return this.headers({ [name]: value });
  }
}

interface Call {
  readonly key?: unknown;
  readonly body?: unknown;
  readonly claimed?: Claimed;
  readonly keeps?: boolean;
  readonly handler?: keyof Orders;
  readonly route?: (attempt: Attempt, tx: Transaction) => Promise<unknown>;
}

/** One request through the interceptor, with what the store was asked. */
async function call(given: Call): Promise<{
  readonly outcome: unknown;
  readonly reply: Reply;
  readonly claims: readonly (readonly [KeyUse, string])[];
  readonly freed: readonly (readonly [KeyUse, string])[];
  readonly saved: readonly unknown[];
}> {
  const { key, body, claimed, keeps = true, handler = 'place', route } = { body: { name: 'a' }, ...given };
  const claims: [KeyUse, string][] = [];
  const freed: [KeyUse, string][] = [];
  const saved: unknown[] = [];
  const store = {
    claim: (use: KeyUse, text: string) => {
      claims.push([use, text]);
      return Promise.resolve(claimed ?? { kind: 'mine', claim: 'first' });
    },
    saveResponse: (_tx: unknown, _use: KeyUse, claim: string, kept: object) => {
      saved.push({ claim, ...kept });
      return Promise.resolve(keeps);
    },
    free: (use: KeyUse, claim: string) => {
      freed.push([use, claim]);
      return Promise.reject(new Error('the database is away'));
    },
  } as unknown as IdempotencyStore;
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  const request = { headers, body, method: 'POST', url: '/v1/orders?x=1' } as unknown as FastifyRequest;
  const reply = new Reply();
  const http = { getRequest: () => request, getResponse: () => reply as unknown as FastifyReply };
  const context = {
    switchToHttp: () => http,
    getClass: () => Orders,
    getHandler: () => routeOf(handler),
  } as unknown as ExecutionContext;
  const done: (() => void)[] = [];
  const tx = { afterCommit: (then: () => void) => done.push(then) } as unknown as Transaction;
  const interceptor = new IdempotencyInterceptor(store, { ownerOf: () => OWNER });
  const work = async (): Promise<unknown> => {
    const attempt = attemptOf(context);
    const answer = await (route?.(attempt, tx) ??
      attempt.saveResponse(tx, 'about', { id: '1' }, { location: '/1' }));
    for (const then of done) then();
    return answer;
  };
  const outcome = await interceptor
    .intercept(context, { handle: () => from(work()) })
    .then((answers) => firstValueFrom(answers))
    .catch((error: unknown) => error);
  return { outcome, reply, claims, freed, saved };
}

/** As Nest asks the decorator. */
function attemptOf(context: ExecutionContext): Attempt {
  const arguments_ = Reflect.getMetadata('__routeArguments__', Orders, 'place') as Readonly<
    Record<string, { readonly factory?: (data: unknown, context: ExecutionContext) => Attempt }>
  >;
  const factory = Object.values(arguments_).find((one) => one.factory !== undefined)?.factory;
  if (factory === undefined) throw new Error('the route takes its attempt');
  return factory(undefined, context);
}

const KEY = '0b4d4b0e-6f0a-4a53-9d8a-0f0f6f0f9f3f';

describe('a request without a key', () => {
  it('is done, and nothing is kept', async () => {
    const { outcome, claims, saved, reply } = await call({});
    expect([outcome, claims, saved, reply.sent]).toEqual([undefined, [], [], { location: '/1' }]);
  });
});

describe('a key', () => {
  it.each([[''], ['x'.repeat(256)], [['a', 'b']]])('%j is refused', async (key) => {
    const { outcome, claims } = await call({ key });
    const errors = [{ field: 'Idempotency-Key', message: 'must have 1 to 255 characters' }];
    expect([outcome, claims]).toEqual([expect.objectContaining({ status: 400, errors }), []]);
  });

  it.each([['x'], ['x'.repeat(255)]])('of %s is taken', async (key) => {
    expect((await call({ key })).outcome).toBeUndefined();
  });

  it('stands for its owner, its route without the query, and the validated body', async () => {
    const { claims } = await call({ key: KEY, body: { name: 'a' } });
    expect(claims).toEqual([[{ ...OWNER, route: 'POST /v1/orders', key: KEY }, '{"name":"a"}']]);
  });

  it.each(['renew', 'refresh'] as const)(
    'stands for no body where the route takes none: %s',
    async (handler) => {
      const { claims, outcome } = await call({ key: KEY, body: { name: 1 }, handler });
      expect([outcome, claims.map(([, text]) => text)]).toEqual([undefined, ['{}']]);
    },
  );

  it('is not used up by a body that the route refuses', async () => {
    for (const body of [{ name: 1 }, { name: 'a\u0000' }, null, undefined]) {
      const { outcome, claims } = await call({ key: KEY, body });
      expect([outcome, claims]).toEqual([expect.objectContaining({ status: 400 }), []]);
    }
  });
});

describe('the first request with a key', () => {
  it('keeps its answer in the transaction, headers after the commit', async () => {
    const { saved, reply, freed } = await call({ key: KEY });
    const answer = { status: 200, headers: { location: '/1' }, body: { id: '1' } };
    expect(saved).toEqual([{ claim: 'first', about: 'about', until: undefined, answer }]);
    expect([reply.sent, freed]).toEqual([{ location: '/1' }, []]);
  });

  it('frees the key when it fails, and says why it failed even where freeing fails', async () => {
    const { outcome, freed } = await call({ key: KEY, route: () => Promise.reject(new Error('refused')) });
    expect(outcome).toEqual(new Error('refused'));
    expect(freed).toEqual([[{ ...OWNER, route: 'POST /v1/orders', key: KEY }, 'first']]);
  });

  it('fails when a later one took the key over: its work must not be done', async () => {
    const { outcome, reply } = await call({ key: KEY, keeps: false });
    const running = { status: 409, code: 'idempotency_in_progress', retryAfterSeconds: 1 };
    expect([outcome, reply.sent]).toEqual([expect.objectContaining(running), {}]);
  });

  it('is a mistake of the route when it keeps nothing', async () => {
    const { outcome, freed } = await call({ key: KEY, route: () => Promise.resolve('done') });
    expect(outcome).toEqual(new Error('an idempotent route keeps its answer with what it does'));
    expect(freed).toHaveLength(1);
  });
});

describe('a repeat', () => {
  it('gets the first answer again, and is told so', async () => {
    const { outcome, reply, saved } = await call({ key: KEY, claimed: { kind: 'answered', answer: SAVED } });
    expect([outcome, reply.statusCode, saved]).toEqual([{ id: '1' }, 201, []]);
    expect(reply.sent).toEqual({ location: '/v1/orders/1', 'idempotency-hit': 'true' });
  });

  it.each([
    ['while the first one runs', 'running', 409, 'idempotency_in_progress'],
    ['with another body', 'reused', 422, 'idempotency_key_reused'],
    ['about a person who was erased', 'erased', 410, 'answer_erased'],
  ] as const)('%s is refused', async (_, kind, status, code) => {
    const { outcome, saved, freed } = await call({ key: KEY, claimed: { kind } });
    expect([outcome, saved, freed]).toEqual([expect.objectContaining({ status, code }), [], []]);
  });
});

describe('a route that is @Idempotent()', () => {
  const route = routeOf('refresh');

  it('answers through the interceptor, and no cache may keep it', () => {
    expect(Reflect.getMetadata('__interceptors__', route)).toEqual([IdempotencyInterceptor]);
    expect(Reflect.getMetadata('__headers__', route)).toEqual([{ name: 'cache-control', value: 'no-store' }]);
  });

  it('is documented with the header, which may be left out, and what it may be refused for', () => {
    expect(Reflect.getMetadata('swagger/apiParameters', route)).toEqual([
      expect.objectContaining({
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        schema: { type: 'string', maxLength: 255 },
      }),
    ]);
    const refusals = JSON.stringify(Reflect.getMetadata('swagger/apiResponse', route));
    for (const code of ['idempotency_in_progress', 'answer_erased', 'idempotency_key_reused'])
      expect(refusals).toContain(code);
  });
});
