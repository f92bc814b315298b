import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';

/** Notes how far one request came: without a connection not a byte of it can have left, and an answer's head stands though its body breaks. */
export class Connection {
  #made = false;
  #status: number | undefined;

  /** TCP is connected and, for https, the TLS handshake is done. */
  get made(): boolean {
    return this.#made;
  }

  /** The status of the answer, from the moment its head is there. */
  get status(): number | undefined {
    return this.#status;
  }

  /** Makes the request as axios itself would; handed to it as its `transport`. */
  request(options: RequestOptions, onAnswer: (answer: IncomingMessage) => void): ClientRequest {
    const secure = options.protocol === 'https:';
    const noting = (answer: IncomingMessage): void => {
      this.#status = answer.statusCode;
      onAnswer(answer);
    };
    const request = secure ? httpsRequest(options, noting) : httpRequest(options, noting);
    request.once('socket', (socket) => this.#watch(socket, request.reusedSocket, secure));
    return request;
  }

  #watch(socket: Socket, reused: boolean, secure: boolean): void {
    if (reused) this.#made = true;
    else socket.once(secure ? 'secureConnect' : 'connect', () => (this.#made = true));
  }
}
