import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { BoundedMap } from '../memory';
import { addressGroup, clientAddress } from './client-address';
import type { Connections } from './connections';
import { bodyBytes } from './request-body';

/** What an address may do at once after a pause, and how long an answer waits at most. */
const BURST_MS = 1_000;
const MAX_HOLD_MS = 1_000;
/** A request counts once, and once more for so many bytes of its body and its answer. */
const COUNTED_BYTES = 128 * 1024;
/** Health checks count so many times less, and apart: strangers at the same address do not make a balancer's checks late. */
const PROBES_FOR_ONE = 25;
const ADDRESSES_REMEMBERED = 10_000;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set with `@RouteConfig` on a route that balancers ask. */
    probe?: boolean;
  }
}

export interface AnonymousLimit {
  /** Of one IPv4 address or IPv6 /64; 0 = no limit. */
  readonly perSecond: number;
  /** Whether somebody proved who they are: such a request never waits. */
  readonly isProven: (request: FastifyRequest) => boolean;
  readonly onHeld: (address: string) => void;
}

/**
 * Holds back answers to an address that makes many requests without proof of identity, refused or not, so that they leave one after
 * the other at the rate that is allowed (ADR 0022). A client that waits for its answers costs no more than that, however many
 * connections it has.
 */
export class Tarpit {
  /** When an address has made up for all it asked. */
  readonly #paidAt = new BoundedMap<number>(ADDRESSES_REMEMBERED);

  constructor(
    private readonly limit: AnonymousLimit,
    private readonly connections: Connections,
  ) {}

  /** Calls `next` when the request may be answered. */
  pass(request: FastifyRequest, answerBytes: number, next: () => void): void {
    if (this.limit.isProven(request)) return next();
    const { raw, routeOptions } = request;
    const address = addressGroup(clientAddress(request));
    if (routeOptions.config?.probe === true)
      return this.#pass(raw.socket, `${address} probe`, 1 / PROBES_FOR_ONE, next);
    this.#pass(raw.socket, address, 1 + (bodyBytes(raw) + answerBytes) / COUNTED_BYTES, next);
  }

  /** As {@link pass}, for bytes that are no request. */
  passUnparsable(socket: Socket, next: () => void): void {
    this.#pass(socket, addressGroup(socket.remoteAddress), 1, next);
  }

  #pass(socket: Socket, address: string, count: number, next: () => void): void {
    const { perSecond, onHeld } = this.limit;
    if (perSecond === 0) return next();
    const waitMs = this.#wait(address, (count * 1_000) / perSecond);
    if (waitMs <= 0) return next();
    onHeld(address);
    this.connections.hold(socket, waitMs);
    setTimeout(next, waitMs);
  }

  /** The generic cell rate algorithm (ITU-T I.371). */
  #wait(address: string, ms: number): number {
    const now = performance.now();
    const paidAt = Math.max(this.#paidAt.get(address) ?? 0, now) + ms;
    this.#paidAt.set(address, Math.min(paidAt, now + BURST_MS + MAX_HOLD_MS));
    return Math.min(paidAt - now - BURST_MS, MAX_HOLD_MS);
  }
}
