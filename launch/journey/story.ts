import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_WITHIN_MS = 15_000;
const ASK_FOR_MS = 20_000;
const ASK_EVERY_MS = 150;

/** A step did not hold, and said so; what follows from it in its chapter is not tried. */
class ChapterEnds extends Error {}

/** Prints a journey, one line a step, and counts what holds. */
export class Story {
  #steps = 0;
  #hold = 0;

  /** A broken flow does not hide the others. Undefined when a step of it did not hold. */
  async chapter<T>(title: string, play: () => Promise<T>): Promise<T | undefined> {
    process.stdout.write(`\n${title}\n`);
    try {
      return await play();
    } catch (error) {
      if (error instanceof ChapterEnds) return undefined;
      throw error;
    }
  }

  /** @param work throws when the step does not hold; beside its result it returns what is printed as what came back */
  async step<T>(asked: string, work: () => Promise<readonly [T, string]>): Promise<T> {
    this.#steps += 1;
    const number = String(this.#steps).padStart(2);
    try {
      const [result, cameBack] = await work();
      this.#hold += 1;
      process.stdout.write(`  ✓ ${number}  ${asked}  →  ${cameBack}\n`);
      return result;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      process.stdout.write(`  ✗ ${number}  ${asked}  →  ${reason}\n`);
      throw new ChapterEnds();
    }
  }

  /** The last line; whether every step held. */
  end(): boolean {
    process.stdout.write(`\n${this.#steps} steps, ${this.#hold} hold\n`);
    return this.#steps === this.#hold;
  }
}

type Body = Readonly<Record<string, unknown>>;

interface Call<B> {
  /** What takes the place of `{name}` in the path. */
  readonly at?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a picture or a form. */
  readonly body?: object;
  /** What the answer must have; 200 when not given. */
  readonly status?: number;
  /** What must stand in the answer's body, beside whatever else does. */
  readonly has?: object;
  /** The same where it takes a while: it is asked again until then. */
  readonly becomes?: object;
  /** What is printed of the body, unless it is its `code` or `status`. */
  readonly shows?: (body: B) => string;
}

/** Calls the gateway, or a server of the lab, over plain HTTP, as a front end or a back office would. */
export class Client {
  constructor(
    private readonly story: Story,
    private readonly baseUrl: string,
    private readonly authorization = '',
  ) {}

  /** A step that is one call. What is printed is the request, after two blanks with a remark. */
  call<B extends object = Body>(request: string, call: Call<B> = {}): Promise<B> {
    return this.story.step(request, () => this.ask(request, call));
  }

  /** The same as a part of a step: the body, and what is printed of it. */
  async ask<B extends object = Body>(request: string, call: Call<B> = {}): Promise<readonly [B, string]> {
    const { at = {}, body, status = 200, becomes, has = becomes ?? {} } = call;
    const [method = '', template = ''] = request.split(' ');
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => at[name] ?? '');
    const giveUpAt = performance.now() + (becomes === undefined ? 0 : ASK_FOR_MS);
    for (;;) {
      const answer = await this.send<B>(method, path, body);
      if (answer.status === status && isIn(has, answer.body))
        return [answer.body, `${status} ${call.shows?.(answer.body) ?? inShort(answer.body, has)}`.trimEnd()];
      if (performance.now() > giveUpAt)
        throw new Error(
          `expected ${status} ${JSON.stringify(has)}, got ${answer.status} ${JSON.stringify(answer.body).slice(0, 500)}`,
        );
      await sleep(ASK_EVERY_MS);
    }
  }

  async send<B = Body>(method: string, path: string, body?: object): Promise<{ status: number; body: B }> {
    const isJson = !(body instanceof Blob || body instanceof URLSearchParams);
    const response = await fetch(path.startsWith('http') ? path : this.baseUrl + path, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      headers: {
        ...(this.authorization && { authorization: this.authorization }),
        ...(body && isJson && { 'content-type': 'application/json' }),
      },
      body: isJson ? JSON.stringify(body) : body,
    });
    const isParsed = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, body: (isParsed ? await response.json() : {}) as B };
  }
}

/** How it went, as the answer says, else what it was asked to have. */
function inShort(body: { readonly code?: string; readonly status?: string }, has: object): string {
  return body.code ?? body.status ?? JSON.stringify(has).replace('{}', '');
}

/** Whether `actual` is what is wanted of it: a list holds each wanted item, an object each wanted property; a test decides itself. */
function isIn(wanted: unknown, actual: unknown): boolean {
  if (typeof wanted === 'function') return (wanted as (actual: unknown) => boolean)(actual);
  if (typeof wanted !== 'object' || wanted === null) return wanted === actual;
  if (typeof actual !== 'object' || actual === null) return false;
  if (Array.isArray(wanted))
    return wanted.every((item) => Object.values(actual).some((one) => isIn(item, one)));
  return Object.entries(wanted).every(([name, value]) => isIn(value, (actual as Body)[name]));
}
