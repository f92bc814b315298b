import { request, type IncomingHttpHeaders } from 'node:http';

export interface OneAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request on a connection of its own. */
export function oneRequest(
  method: string,
  address: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): Promise<OneAnswer> {
  return new Promise((resolve, reject) => {
    const asking = request(address, { method, agent: false, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asking.on('error', reject);
    asking.end(body);
  });
}
