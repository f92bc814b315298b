import { type Answer, eventually } from './client';

/** A step did not hold: what was expected, in words. */
class Unexpected extends Error {}

/** Prints a journey, one line a step, and counts what holds. */
export class Story {
  #steps = 0;
  #hold = 0;

  chapter(title: string): void {
    process.stdout.write(`\n${title}\n`);
  }

  /**
   * Runs one step. `work` throws when the step does not hold; what it returns is printed as what came back.
   * The rest of the journey goes on: a broken partner flow should not hide the others.
   */
  async step<T>(asked: string, work: () => Promise<readonly [T, string]>): Promise<T | undefined> {
    this.#steps += 1;
    const number = String(this.#steps).padStart(2, ' ');
    try {
      const [result, cameBack] = await work();
      this.#hold += 1;
      process.stdout.write(`  ✓ ${number}  ${asked}  →  ${cameBack}\n`);
      return result;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      process.stdout.write(`  ✗ ${number}  ${asked}  →  ${reason}\n`);
      return undefined;
    }
  }

  /**
   * A step that is one call. `read` says what came back beside the status, and throws when it is not as it should be.
   * Resolves with the body, or with undefined when the step does not hold.
   */
  call(
    asked: string,
    request: Promise<Answer>,
    status: number,
    read: (body: Answer['body']) => string,
  ): Promise<Answer['body'] | undefined> {
    return this.step(asked, async () => {
      const { body } = expectStatus(await request, status);
      return [body, `${status} ${read(body)}`.trimEnd()];
    });
  }

  /** A step that asks until what is asked for has the status. `details` says more of it. */
  async reaches(
    asked: string,
    wanted: string,
    ask: () => Promise<Answer>,
    details: (body: Answer['body']) => string = () => '',
  ): Promise<void> {
    const answer = eventually(ask, ({ body }) => body['status'] === wanted);
    await this.call(asked, answer, 200, (body) => {
      expectThat(body['status'] === wanted, `status is ${String(body['status'])}`);
      return `${wanted} ${details(body)}`;
    });
  }

  /** The last line; whether every step held. */
  end(): boolean {
    process.stdout.write(`\n${this.#steps} steps, ${this.#hold} hold\n`);
    return this.#steps === this.#hold;
  }
}

/** The answer, if it has this status; else the step does not hold. */
function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer;
  const { code, detail, errors } = answer.body;
  const said = [code, detail, errors && JSON.stringify(errors)].filter(Boolean).join(' ');
  throw new Unexpected(`expected ${status}, got ${answer.status} ${said}`);
}

export function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Unexpected(otherwise);
}

/** A text of the answer's body; its absence breaks the step. */
export function textOf(body: Answer['body'], name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw new Unexpected(`the answer has no ${name}`);
  return value;
}
