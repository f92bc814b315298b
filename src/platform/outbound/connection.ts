import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';

/** Notes whether one request ever had a connection: before that, not a byte of it can have left. */
export class Connection {
  #made = false;

  /** TCP is connected and, for https, the TLS handshake is done. */
  get made(): boolean {
    return this.#made;
  }

  /** Makes the request as axios itself would; handed to it as its `transport`. */
  request(options: RequestOptions, onAnswer: (answer: IncomingMessage) => void): ClientRequest {
    const secure = options.protocol === 'https:';
    const request = secure ? httpsRequest(options, onAnswer) : httpRequest(options, onAnswer);
    request.once('socket', (socket) => this.#watch(socket, request.reusedSocket, secure));
    return request;
  }

  #watch(socket: Socket, reused: boolean, secure: boolean): void {
    if (reused) this.#made = true;
    else socket.once(secure ? 'secureConnect' : 'connect', () => (this.#made = true));
  }
}
