import type { FastifyInstance } from 'fastify';
import type { Fault, FaultQueue } from '../faults';
import { OPERATIONS } from '../gtf/operations';
import { OPERATION_PATHS } from '../satusehat';

/** How a partner fails when it does not answer with a status. */
export const FAULT_KINDS = {
  hang: { hang: true },
  reset: { reset: true },
  'reset-after-work': { reset: true, afterWork: true },
  'break-off': { breakOff: true },
  slow: { delayMs: 5000 },
  'not-json': { status: 200, body: '<html>not JSON</html>' },
} satisfies Record<string, Fault>;

/** What a request of an operation looks like, by a name for people. */
const NAMED: Readonly<Record<string, Pick<Fault, 'path' | 'method'>>> = {
  certs: { path: '/v1/oidc/certs' },
  userinfo: { path: '/v1/oidc/userinfo' },
  store: { path: '/v1/common-kyc', method: 'POST' },
  find: { path: '/v1/common-kyc', method: 'GET' },
  ...Object.fromEntries(Object.entries(OPERATION_PATHS).map(([name, path]) => [name, { path }])),
  ...OPERATIONS,
};

const MAX_TIMES = 1000;

/** By the names of the lab's servers. */
export type PartnerFaults = Readonly<Record<string, FaultQueue>>;

/** Orders faults over HTTP: what tests in the same process do with `faults.next()`. */
export function faultRoutes(app: FastifyInstance, partners: PartnerFaults): void {
  app.post<{ Body: Readonly<Record<string, unknown>> | null }>('/lab/faults', ({ body }, reply) => {
    const { partner, operation = '', status, kind, times = 1 } = body ?? {};
    const refuse = (message: string) => reply.code(400).send({ message });
    const queue = queueOf(partners, String(partner), operation);
    if (queue === undefined) return refuse(`partner: one of ${Object.keys(partners).join(', ')}`);
    const fault = faultOf(status, kind);
    if (fault === undefined) {
      return refuse(`status (200 to 599) or kind (${Object.keys(FAULT_KINDS).join(', ')}) is needed`);
    }
    if (!isWhole(times, 1, MAX_TIMES)) return refuse(`times: 1 to ${MAX_TIMES}`);
    const requests = typeof operation === 'string' ? requestsOf(operation) : undefined;
    if (requests === undefined) {
      const names = Object.keys(NAMED).join(', ');
      return refuse(`operation: the beginning of a path, an SMTP command, or one of ${names}`);
    }
    queue.next({ ...fault, ...requests, times });
    return reply.code(201).send({ pending: queue.pending });
  });

  app.delete('/lab/faults', (_request, reply) => {
    for (const queue of Object.values(partners)) queue.clear();
    return reply.code(204).send();
  });
}

/** `simas-id` and `simasId` are the same partner; GTF's uploads go to its storage. */
function queueOf(partners: PartnerFaults, name: string, operation: unknown): FaultQueue | undefined {
  const plain = (text: string): string => text.replace(/[^a-z]/gi, '').toLowerCase();
  const wanted = plain(name) === 'gtf' && operation === 'upload' ? 'gtfstorage' : plain(name);
  return Object.entries(partners).find(([partner]) => plain(partner) === wanted)?.[1];
}

function faultOf(status: unknown, kind: unknown): Fault | undefined {
  if (kind === undefined) return isWhole(status, 200, 599) ? { status } : undefined;
  if (status !== undefined || typeof kind !== 'string' || !Object.hasOwn(FAULT_KINDS, kind)) return undefined;
  return FAULT_KINDS[kind as keyof typeof FAULT_KINDS];
}

function requestsOf(operation: string): Pick<Fault, 'path' | 'method'> | undefined {
  if (Object.hasOwn(NAMED, operation)) return NAMED[operation];
  if (operation === '') return {};
  return /^(\/|(CONNECT|AUTH|MAIL|RCPT|DATA)$)/.test(operation) ? { path: operation } : undefined;
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}
