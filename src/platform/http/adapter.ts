import { randomUUID } from 'node:crypto';
import { type IncomingMessage, METHODS, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError, invalidRequest, renderError, titleOf } from '../errors';
import { Trace } from '../tracing';
import { addressList } from './client-address';
import { Connections, type ConnectionLimits, type DrainLimits } from './connections';
import { timesSent } from './raw-headers';
import { answerEarly, bodyBytes } from './request-body';
import { type AnonymousLimit, Tarpit } from './tarpit';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
/** From the first byte to the last of a header; a connection that sends none at all has no longer. */
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 75_000;
const LOOK_AT_TIMEOUTS_EVERY_MS = 2_000;
/** So long a client that is refused without a request may take to read why its connection ends. */
const LINGER_MS = 1_000;

/** W3C Content Security Policy. Swagger UI's stylesheet has pictures within (`data:`). */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set with `@RouteConfig` on a route that takes a file: a stop waits longer for it. */
    upload?: boolean;
  }
}

/** What the HTTP server needs to know. */
export interface HttpServerOptions {
  /** How many proxies are in front, or their addresses and ranges. */
  readonly trustProxy: number | readonly string[];
  readonly connections: Omit<ConnectionLimits, 'isProxy'>;
  readonly anonymous: AnonymousLimit;
  readonly drain: DrainLimits;
  /** Called for requests the framework refuses before any route is known. */
  readonly onFrameworkError: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;
  readonly onResponse: (request: FastifyRequest, reply: FastifyReply) => void;
}

/** Fastify beneath Nest: request ids, raw bodies (read after access was judged), limits and time-outs. */
export interface HttpServer {
  readonly adapter: FastifyAdapter;
  readonly connections: Connections;
  /** Answers 405 with `Allow` for every other method of a known address. Call after all routes are registered, before listening. */
  readonly refuseOtherMethods: () => void;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { trustProxy } = options;
  const isProxy = typeof trustProxy === 'number' ? (): boolean => trustProxy > 0 : addressList(trustProxy);
  const adapter = new FastifyAdapter({
    logger: false,
    // A hop count trusts that many proxies nearest to us.
    trustProxy: typeof trustProxy === 'number' ? (_address, hop): boolean => hop < trustProxy : isProxy,
    http: {
      headersTimeout: HEADERS_WITHIN_MS,
      connectionsCheckingInterval: LOOK_AT_TIMEOUTS_EVERY_MS,
      requireHostHeader: false, // refused below, in the documented shape
    },
    requestTimeout: REQUEST_WITHIN_MS,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    maxRequestsPerSocket: 0,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // a connection that is still open is served, and told to close
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    genReqId: (raw: IncomingMessage) => {
      const inbound = raw.headers['x-request-id'];
      return typeof inbound === 'string' && REQUEST_ID.test(inbound) ? inbound : randomUUID();
    },
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === 'ECONNRESET' || connections.answersEarly(socket)) socket.destroy();
      else tarpit.passUnparsable(socket, () => answerOnSocket(socket, unparsable(error.code)));
    },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      standardHeaders(request, reply);
      tarpit.pass(request, 0, () => options.onFrameworkError(error, request, reply));
    },
  });
  const instance: FastifyInstance = adapter.getInstance();
  const connections = new Connections(instance.server, { ...options.connections, isProxy }, options.drain);
  const tarpit = new Tarpit(options.anonymous, connections);
  takeEveryMethod(instance);
  const refuseOtherMethods = rememberMethods(instance);
  instance.addHook('onRequest', (request, reply, done) => {
    if (request.raw.socket.destroyed) return void reply.hijack();
    standardHeaders(request, reply);
    if (bodyBytes(request.raw) > 0 && request.routeOptions.config.upload === true)
      connections.markUpload(request.raw.socket);
    request.trace = Trace.from(request.headers['traceparent'], { requestId: request.id });
    request.trace.run(() => done(protocolRefusal(request.raw)));
  });
  instance.addHook('onSend', (request, reply, payload, done) => {
    protectPage(reply);
    tarpit.pass(request, bytesOf(reply, payload), () => {
      if (connections.isClosing) reply.header('connection', 'close');
      done(null, answerEarly(request, reply, payload));
    });
  });
  instance.addHook('onResponse', (request, reply, done) => {
    options.onResponse(request, reply);
    done();
  });
  instance.addHook('preClose', (done) => {
    connections.letGo();
    done();
  });
  // Node would cut the connection of a client that takes us for a proxy, without a word.
  instance.server.on('connect', (_request, socket: Socket) => {
    const headers = { Allow: '' };
    answerOnSocket(socket, new GatewayError(405, 'method_not_allowed', 'This is no proxy.', { headers }));
  });
  // Node would answer 417 itself, without a body.
  instance.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    instance.server.emit('request', request, response),
  );
  return { adapter, connections, refuseOtherMethods };
}

/**
 * Guards read the body (request-body.ts), after access was judged: to Fastify no method has one, so that it looks neither at the
 * content type nor at the length. Methods that no route takes are known to it as well, so that they are 405 and not 404.
 */
function takeEveryMethod(instance: FastifyInstance): void {
  for (const method of METHODS.filter((name) => name !== 'CONNECT'))
    instance.addHttpMethod(method, { hasBody: false, overrideExisting: true });
}

/** @returns what makes routes of a known address's other methods, so that a wrong method can be told from a wrong address */
function rememberMethods(instance: FastifyInstance): () => void {
  const routes = new Map<string, { methods: Set<string>; config: object }>();
  instance.addHook('onRoute', ({ url, method, config = {} }) => {
    if (url.includes('*')) return;
    // With a trailing slash it is the same route (`ignoreTrailingSlash`).
    const address = url.replace(/(?<=.)\/$/, '');
    const route = routes.get(address) ?? { methods: new Set(), config };
    for (const name of [method].flat()) route.methods.add(name);
    routes.set(address, route);
  });
  return () => {
    for (const [url, { methods, config }] of [...routes]) {
      const allow = [...methods].sort().join(', ');
      const detail = `This address takes ${allow}.`;
      instance.route({
        method: METHODS.filter((method) => method !== 'CONNECT' && !methods.has(method)),
        url,
        config,
        handler: () => {
          throw new GatewayError(405, 'method_not_allowed', detail, { headers: { allow } });
        },
      });
    }
  };
}

/** Whatever is HTML: scripts and styles of our own alone, none within the page, nothing loaded from elsewhere, and no frame. */
function protectPage(reply: FastifyReply): void {
  const type = reply.getHeader('content-type');
  if (typeof type === 'string' && type.startsWith('text/html') && !reply.hasHeader('content-security-policy'))
    reply.header('content-security-policy', PAGE_POLICY);
}

function standardHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id);
  reply.header('x-content-type-options', 'nosniff');
}

function bytesOf(reply: FastifyReply, payload: unknown): number {
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) return payload.length;
  return Number(reply.getHeader('content-length') ?? 0);
}

/** What a request does that HTTP does not allow, or that we do not do. */
function protocolRefusal(raw: IncomingMessage): GatewayError | undefined {
  const { headers, httpVersion } = raw;
  const hosts = timesSent(raw, 'host');
  // RFC 9112 §3.2: a proxy in front may have judged the other one.
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return invalidRequest('Send one Host header.');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked')
    return invalidRequest('The only transfer coding taken is chunked.');
  const { expect } = headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue')
    return new GatewayError(417, 'invalid_request', 'The only expectation met is 100-continue.');
  return undefined;
}

/** Answers where there is no request to route, only a socket, and ends it. */
function answerOnSocket(socket: Socket, error: GatewayError): void {
  // What comes behind the bytes that could not be parsed cannot be parsed either.
  if (socket.writableEnded) return;
  const requestId = randomUUID();
  const answer = renderError(error, 'problem', requestId);
  const body = JSON.stringify(answer.body);
  const headers = {
    ...answer.headers,
    'Content-Type': answer.contentType,
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': requestId,
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${answer.status} ${titleOf(answer.status)}\r\n${lines.join('')}\r\n${body}`);
  // Ended is only half closed, and Node looks at each connection's time-outs once: the other half may never come.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** What Node's HTTP parser gave up on. */
function unparsable(code: string | undefined): GatewayError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new GatewayError(431, 'invalid_request', 'The address and the headers are too large.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new GatewayError(408, 'invalid_request', 'The request took too long to arrive.');
  return new GatewayError(400, 'invalid_request', 'The request cannot be read.');
}
