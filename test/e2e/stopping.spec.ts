import { setTimeout as sleep } from 'node:timers/promises';
import { type Lab, startLab } from '../../lab';
import { sampleImage } from '../../lab/gtf';
import { buildWhenStale } from '../../launch/build';
import { GatewayProcess } from '../support/gateway-process';
import { RawConnection } from '../support/raw-connection';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { backOffice, ownSettings, UNITS } from '../support/test-gateway';

/** A gateway that is told to stop, as every deployment does. */
let lab: Lab;
let database: TestDatabase;
const keys = ownSettings();
const running: GatewayProcess[] = [];
const connections: RawConnection[] = [];

beforeAll(async () => {
  await buildWhenStale();
  lab = await startLab({ units: UNITS, gtfProcessingMs: 50 });
  database = await createTestDatabase();
}, 180_000);
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await Promise.all(running.splice(0).map((gateway) => gateway.end('SIGKILL')));
});
afterAll(async () => {
  await database?.drop();
  await lab?.close();
});

async function started(environment: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.prepare((url) => ({
    ...lab.environment(),
    ...keys,
    DATABASE_URL: database.url,
    PUBLIC_URL: url,
    LOG_LEVEL: 'fatal',
    ...environment,
  }));
  running.push(gateway);
  await gateway.start();
  return gateway;
}

async function connect(gateway: GatewayProcess): Promise<RawConnection> {
  const connection = await RawConnection.open(gateway.url);
  connections.push(connection);
  return connection;
}

const HEALTH = 'GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a gateway that is told to stop', () => {
  it('does not wait for requests of which only the beginning came', async () => {
    const gateway = await started();
    const half = await connect(gateway);
    half.send(
      `POST /v1/common-kyc HTTP/1.1\r\nHost: a\r\nAuthorization: ${backOffice('nanovest')}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 80\r\n\r\n{"p',
    );
    const refused = await connect(gateway);
    refused.send('PUT /v1/nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\nabc');
    expect((await refused.answer())?.status).toBe(404);
    const { code, tookMs } = await gateway.stop('SIGTERM');
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(5_000);
  });

  it('takes an image to its end that needs longer than other requests may', async () => {
    const gateway = await started({ DRAIN_SECONDS: '2' });
    const token = lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: '6285610573956' });
    const authorization = `Authorization: Bearer ${token}\r\n`;
    const caller = await connect(gateway);
    const order = JSON.stringify({ submissionType: 'KTP_SCAN' });
    caller.send(
      `POST /v1/gtf/submissions HTTP/1.1\r\nHost: a\r\n${authorization}Content-Type: application/json\r\n` +
        `Content-Length: ${order.length}\r\n\r\n${order}`,
    );
    const created = JSON.parse((await caller.answer())?.body ?? '') as { submissionId: string };
    const image = sampleImage();
    const upload = await connect(gateway);
    upload.send(
      `PUT /v1/gtf/submissions/${created.submissionId}/documents/KTP HTTP/1.1\r\nHost: a\r\n${authorization}` +
        `Content-Type: image/png\r\nContent-Length: ${image.length}\r\n\r\n`,
    );
    const pieces = 4;
    const size = Math.ceil(image.length / pieces);
    upload.send(image.subarray(0, size));
    await sleep(500);
    const stopped = gateway.stop('SIGTERM');
    for (let piece = 1; piece < pieces; piece += 1) {
      await sleep(4_000);
      upload.send(image.subarray(piece * size, (piece + 1) * size));
    }
    expect(await upload.answer()).toMatchObject({ status: 200, headers: { connection: 'close' } });
    const { code, tookMs } = await stopped;
    expect(code).toBe(0);
    expect(tookMs).toBeGreaterThan(3 * 4_000);
  }, 60_000);

  it('says so at once, and serves new callers for as long as it is given', async () => {
    const gateway = await started({ DRAIN_GRACE_SECONDS: '3' });
    const before = await connect(gateway);
    before.send(HEALTH);
    expect((await before.answer())?.status).toBe(200);
    const stopped = gateway.stop('SIGTERM');
    await sleep(300);
    const balancer = await connect(gateway);
    balancer.send(HEALTH);
    const answer = await balancer.answer();
    expect(answer?.status).toBe(503);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ status: 'stopping' });
    const caller = await connect(gateway);
    caller.send(
      `GET /v1/submissions HTTP/1.1\r\nHost: a\r\nAuthorization: ${backOffice('nanovest')}\r\n\r\n`,
    );
    expect((await caller.answer())?.status).toBe(200);
    for (const told of [balancer, caller]) expect(await told.end()).toBe(true);
    const { code, tookMs } = await stopped;
    expect(code).toBe(0);
    expect(tookMs).toBeGreaterThan(2_900);
    expect(tookMs).toBeLessThan(8_000);
  });

  it('ends with nobody there in less than a second or two', async () => {
    const gateway = await started();
    const { code, tookMs } = await gateway.stop('SIGTERM');
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(2_500);
  });
});
