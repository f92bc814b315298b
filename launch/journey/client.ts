/** What came back from a call. `body` is parsed JSON where there was any. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Calls the gateway, or a lab server, over plain HTTP, as a frontend or a back office would. */
export class Client {
  constructor(
    private readonly baseUrl: string,
    private readonly authorization: string | null = null,
  ) {}

  static basic(baseUrl: string, credential: string): Client {
    return new Client(baseUrl, `Basic ${Buffer.from(credential).toString('base64')}`);
  }

  static bearer(baseUrl: string, token: string): Client {
    return new Client(baseUrl, `Bearer ${token}`);
  }

  get(path: string): Promise<Answer> {
    return this.#send('GET', path);
  }

  post(path: string, body?: object): Promise<Answer> {
    return this.#send('POST', path, body && 'application/json', body && JSON.stringify(body));
  }

  /** A form, as a person's browser sends it. */
  submit(path: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const body = new URLSearchParams(fields).toString();
    return this.#send('POST', path, 'application/x-www-form-urlencoded', body);
  }

  delete(path: string): Promise<Answer> {
    return this.#send('DELETE', path);
  }

  put(path: string, contentType: string, body: Buffer): Promise<Answer> {
    return this.#send('PUT', path, contentType, new Uint8Array(body));
  }

  async #send(
    method: string,
    path: string,
    contentType?: string,
    body: string | Uint8Array<ArrayBuffer> | null = null,
  ): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (this.authorization !== null) headers['authorization'] = this.authorization;
    if (contentType !== undefined) headers['content-type'] = contentType;
    const url = path.startsWith('http') ? path : this.baseUrl + path;
    const signal = AbortSignal.timeout(15_000);
    const response = await fetch(url, { method, redirect: 'manual', signal, headers, body });
    return { status: response.status, body: parsed(await response.text()) };
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? { data: value } : ((value ?? {}) as Record<string, unknown>);
  } catch {
    return {};
  }
}

/** Asks until `holds`, at most 20 s. Resolves with the last answer. */
export async function eventually(
  ask: () => Promise<Answer>,
  holds: (answer: Answer) => boolean,
): Promise<Answer> {
  const until = performance.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (holds(answer) || performance.now() > until) return answer;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
