import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
const LARGEST_BODY = 16 * 1024 * 1024;
const IDLE_CHECK_MS = 50;
/** A connection that owes a request for so long while the process stops will not send one. */
const SILENT_FOR_MS = 500;
/** So long a client that sent no request may take to read why its connection ends. */
const LINGER_MS = 1_000;

/** What the HTTP server needs to know. */
export interface HttpServerOptions {
  readonly trustProxy: number | string[] | undefined;
  /** Called for requests the framework refuses before any route is known. */
  readonly onFrameworkError: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;
  readonly onResponse: (request: FastifyRequest, reply: FastifyReply) => void;
}

/** Routes by address, so that a wrong method can be told from a wrong address. */
const methodsByUrl = new WeakMap<FastifyInstance, Map<string, { methods: Set<string>; config: object }>>();

/** The Fastify adapter: request ids, raw bodies (parsed after access was judged), limits and time-outs. */
export function createHttpAdapter(options: HttpServerOptions): FastifyAdapter {
  const adapter = new FastifyAdapter({
    logger: false,
    trustProxy: options.trustProxy === undefined ? false : trustProxy(options.trustProxy),
    bodyLimit: LARGEST_BODY,
    requestTimeout: 75_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    maxRequestsPerSocket: 0,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    genReqId: (raw: IncomingMessage) => {
      const inbound = raw.headers['x-request-id'];
      return typeof inbound === 'string' && REQUEST_ID.test(inbound) ? inbound : randomUUID();
    },
    clientErrorHandler: answerUnparsable,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      standardHeaders(request, reply);
      options.onFrameworkError(error, request, reply);
    },
  });
  const instance: FastifyInstance = adapter.getInstance();
  const urls = new Map<string, { methods: Set<string>; config: object }>();
  methodsByUrl.set(instance, urls);
  instance.addHook('onRoute', (route) => {
    // With a trailing slash it is the same route (`ignoreTrailingSlash`).
    const url = route.url.replace(/(?<=.)\/$/, '');
    const known = urls.get(url) ?? { methods: new Set<string>(), config: route.config ?? {} };
    for (const method of [route.method].flat()) known.methods.add(method);
    urls.set(url, known);
  });
  instance.addHook('onRequest', (request, reply, done) => {
    standardHeaders(request, reply);
    done();
  });
  instance.addHook('onResponse', (request, reply, done) => {
    options.onResponse(request, reply);
    done();
  });
  const connections = openConnections(instance.server);
  instance.addHook('preClose', (done) => {
    letGo(instance.server, connections);
    done();
  });
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  return adapter;
}

/** Answers 405 with `Allow` for every other method of a known address. Call after all routes are registered, before listening. */
export function registerMethodNotAllowed(adapter: FastifyAdapter, refuse: (allow: string) => Error): void {
  const instance: FastifyInstance = adapter.getInstance();
  const urls = [...(methodsByUrl.get(instance) ?? [])];
  for (const [url, { methods, config }] of urls) {
    if (url === '*' || url.includes('*')) continue;
    const allow = [...methods].sort().join(', ');
    const others = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'].filter(
      (m) => !methods.has(m),
    );
    if (others.length === 0) continue;
    instance.route({
      method: others,
      url,
      config,
      handler: () => {
        throw refuse(allow);
      },
    });
  }
}

function standardHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id);
  reply.header('x-content-type-options', 'nosniff');
}

/** Each open connection with the last answer begun on it. */
type Connections = ReadonlyMap<Socket, ServerResponse | undefined>;

function openConnections(server: Server): Connections {
  const connections = new Map<Socket, ServerResponse | undefined>();
  server.on('connection', (socket: Socket) => {
    connections.set(socket, undefined);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) =>
    connections.set(socket, response),
  );
  return connections;
}

/**
 * Node lets idle keep-alive connections go once, when closing begins. One that is answering then turns idle later, and one that
 * owes us a request, or the rest of one that was answered already, never counts as idle: they would hold the process until their
 * time-outs.
 */
function letGo(server: Server, connections: Connections): void {
  if (!server.listening) return;
  const since = performance.now();
  const timer = setInterval(() => {
    server.closeIdleConnections();
    if (performance.now() - since < SILENT_FOR_MS) return;
    for (const [socket, answer] of connections)
      if (answer === undefined || answer.writableFinished) socket.destroy();
  }, IDLE_CHECK_MS);
  server.once('close', () => clearInterval(timer));
}

/** A hop count trusts that many proxies nearest to us; a list trusts those addresses. */
function trustProxy(value: number | string[]): string[] | ((address: string, hop: number) => boolean) {
  return typeof value === 'number' ? (_address, hop) => hop < value : value;
}

/** The HTTP parser gave up: there is no request to route, only a socket. */
function answerUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, title] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout']
        : [400, 'Bad Request'];
  const requestId = randomUUID();
  const body = JSON.stringify({
    type: 'urn:kyc-gateway:error:invalid_request',
    title,
    status,
    detail: 'The request cannot be read.',
    code: 'invalid_request',
    requestId,
  });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${requestId}\r\n` +
      `X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${body}`,
  );
  // Ended is only half closed, and Node looks at each connection's time-outs once: the other half may never come.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
