import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { newPhone } from '../support/otp-desk';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

/** Of OpenTelemetry's JSON (OTLP 1.0), what is looked at. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
}
interface Export {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

/** As docs/guides/metrics.md installs it. */
const PACKAGES = ['@opentelemetry/auto-instrumentations-node@0.82.0', '@opentelemetry/api@1.10.0'];
const [SERVER, CLIENT, CONSUMER] = [2, 3, 5];

let folder: string;
let collector: Server;
let gateway: TestGateway;
const spans: Span[] = [];

async function keep(request: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { resourceSpans = [] } = JSON.parse(Buffer.concat(chunks).toString()) as Export;
  spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kyc-opentelemetry-'));
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  // Beneath `npm run` another npm would take the project for its own.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const install = ['install', '--no-audit', '--no-fund', ...PACKAGES];
  execFileSync('npm', install, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  collector = createServer((request, response) => {
    if (request.url === '/v1/traces') void keep(request).finally(() => response.end('{}'));
    else request.resume().once('end', () => response.end('{}'));
  });
  await new Promise<void>((done) => collector.listen(0, '127.0.0.1', done));
  const register = join(folder, 'node_modules/@opentelemetry/auto-instrumentations-node/dist/register.mjs');
  gateway = await startTestGateway({
    environment: {
      NODE_OPTIONS: `--import=${register}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      ...{ OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_BSP_SCHEDULE_DELAY: '200' },
      ...{ OTEL_PROPAGATORS: 'tracecontext', OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os' },
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'fs,dns,net',
    },
  });
});
afterAll(async () => {
  await gateway?.close();
  collector?.close().closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

describe('OpenTelemetry’s own instrumentation, loaded before the gateway', () => {
  it('shows request, jobs and partner call in one trace', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await gateway.http
      .post('/v1/common-kyc')
      .set({ authorization: backOffice('nanovest'), traceparent: `00-${traceId}-00f067aa0ba902b7-01` })
      .send({
        ...{ phoneNumber: newPhone(), fullName: 'Jane Roe', nik: '3171015708900001' },
        ...{ dateOfBirth: '1990-08-17', email: '' },
      });
    expect(answer.status).toBe(202);
    const ofTrace = (): Span[] => spans.filter((span) => span.traceId === traceId);
    const seen = (kind: number, name: RegExp): boolean =>
      ofTrace().some((span) => span.kind === kind && name.test(span.name));
    await eventually(() => Promise.resolve(seen(CONSUMER, /common-kyc-share/)), Boolean, 30_000);
    const named = ofTrace().map(({ kind, name }) => `${kind} ${name}`);
    expect(named).toContainEqual(expect.stringMatching(new RegExp(`^${SERVER} POST`)));
    expect(named).toContainEqual(`${CONSUMER} process kyc-approved`);
    expect(named).toContainEqual(`${CONSUMER} process common-kyc-share`);
    // The partner's call hangs under the job.
    const job = ofTrace().find((span) => span.kind === CONSUMER && span.name.includes('common-kyc-share'));
    const isUnder = (span: Span | undefined, ancestor: string): boolean =>
      span !== undefined &&
      (span.parentSpanId === ancestor ||
        isUnder(
          ofTrace().find(({ spanId }) => spanId === span.parentSpanId),
          ancestor,
        ));
    const calls = ofTrace().filter((span) => span.kind === CLIENT && /^POST/.test(span.name));
    expect(calls.some((call) => isUnder(call, job?.spanId ?? ''))).toBe(true);
    const [received] = gateway.lab.commonKyc.requests().map(({ headers }) => headers['traceparent']);
    expect(received).toContain(traceId);
  });
});
