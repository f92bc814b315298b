import { labCredentials } from '../credentials';
import { BusinessUnit, CallbackReceiver, Clock, startLab } from './gtf-client.fixture';
import type { GtfLab } from './index';

let lab: GtfLab;
let gateway: CallbackReceiver;
let unit: BusinessUnit;

beforeEach(async () => {
  gateway = await new CallbackReceiver().listen();
  lab = await startLab(new Clock());
  lab.connectGateway(gateway.url);
  unit = new BusinessUnit(lab);
});
afterEach(async () => {
  await lab.close();
  await gateway.close();
});

async function finishedSiv(outcome: Parameters<GtfLab['finishSdkJourney']>[1] = {}): Promise<string> {
  await unit.initiateSiv();
  const id = lab.finishSdkJourney(unit.session, outcome);
  await lab.settle(id);
  return id;
}
const settledCoe = async (scenario = 'VALID'): Promise<string> => {
  const id = await unit.submit('KTP_SCAN', { scenario });
  await lab.settle(id);
  return id;
};
const statuses = (): unknown[] => gateway.bodies.map(({ status }) => status);

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a callback', () => {
  it('of COE is a POST with four fields and the header the unit registered', async () => {
    const id = await settledCoe();
    expect(gateway.received).toMatchObject([
      { method: 'POST', authorization: labCredentials('nanovest').gtfCallback.value },
    ]);
    expect(gateway.bodies).toEqual([
      { submissionId: id, status: 'COMPLETED', result: 'VALID', reasonCode: '' },
    ]);
  });

  it('of COE has a null result when the system failed', async () => {
    const id = await settledCoe('SYSTEM_ERROR');
    expect(gateway.bodies).toEqual([
      { submissionId: id, status: 'ERROR', result: null, reasonCode: 'VERIFICATION_FAILED' },
    ]);
  });

  it('of an identity verification is the details without their envelope', async () => {
    await finishedSiv();
    const { json } = await unit.sivDetails();
    const signature = /X-Amz-[^"]*/g;
    expect(JSON.stringify(gateway.bodies[0]).replace(signature, '')).toBe(
      JSON.stringify(json['data']).replace(signature, ''),
    );
  });

  it('is sent for PARTIALLY_COMPLETED and COMPLETED, but not while processing runs', async () => {
    await unit.initiateSiv();
    const id = lab.finishSdkJourney(unit.session, { outcome: 'SLOW_CERTIFICATE' });
    await lab.resend(id);
    expect(gateway.received).toEqual([]);
    await lab.settle(id);
    expect(statuses()).toEqual(['PARTIALLY_COMPLETED', 'COMPLETED']);
    const [partial, full] = gateway.bodies.map(({ submissionDetails }) =>
      Object.keys(submissionDetails as object),
    );
    expect(partial).not.toContain('certificateRegistration');
    expect(full).toContain('certificateRegistration');
  });

  it('arrives by itself when processing is over', async () => {
    const quick = await startLab(new Clock(), { processingMs: 5 });
    quick.connectGateway(gateway.url);
    const id = await new BusinessUnit(quick).submit('KTP_SCAN');
    await until(() => gateway.received.length === 1);
    expect(gateway.bodies[0]).toMatchObject({ submissionId: id, result: 'VALID' });
    await quick.close();
  });
});

describe('callbacks that go wrong', () => {
  it('can be dropped, and sent again later', async () => {
    lab.callbacks.drop = true;
    const id = await settledCoe();
    expect(gateway.received).toEqual([]);
    lab.callbacks.drop = false;
    await lab.resend(id);
    expect(statuses()).toEqual(['COMPLETED']);
  });

  it('can come several times at once', async () => {
    lab.callbacks.duplicates = 9;
    await settledCoe();
    expect(new Set(gateway.received.map(({ body }) => body)).size).toBe(1);
    expect(gateway.received).toHaveLength(10);
  });

  it('can come in the wrong order', async () => {
    lab.callbacks.reorder = true;
    await finishedSiv({ outcome: 'SLOW_CERTIFICATE' });
    expect(statuses()).toEqual(['COMPLETED', 'PARTIALLY_COMPLETED']);
  });

  it('can come late', async () => {
    lab.callbacks.delayMs = 50;
    await settledCoe();
    expect(gateway.received).toEqual([]);
    await until(() => lab.deliveries().length === 1);
    expect(gateway.received).toHaveLength(1);
  });

  it.each(['PUT', 'PATCH'] as const)('can come as %s', async (method) => {
    lab.callbacks.method = method;
    await settledCoe();
    expect(gateway.received[0]?.method).toBe(method);
  });

  it('can have a wrong header, or none', async () => {
    lab.callbacks.headerValue = 'Bearer wrong';
    const id = await settledCoe();
    lab.callbacks.headerValue = null;
    await lab.resend(id);
    expect(gateway.received.map(({ authorization }) => authorization)).toEqual(['Bearer wrong', undefined]);
  });

  it('can be no JSON, or hold fields nobody announced', async () => {
    lab.callbacks.malformed = true;
    const id = await settledCoe();
    expect(() => gateway.bodies).toThrow(SyntaxError);
    lab.callbacks.malformed = false;
    lab.callbacks.extraFields = true;
    gateway.received.length = 0;
    await lab.resend(id);
    expect(gateway.bodies[0]).toHaveProperty('extra');
  });

  it('are repeated until the gateway answers exactly 200', async () => {
    lab.callbacks.retryDelaysMs = [5, 5, 5];
    gateway.status = 202;
    await settledCoe();
    await until(() => gateway.received.length === 2);
    gateway.status = 200;
    await until(() => lab.deliveries().at(-1)?.problem === null);
    expect(lab.deliveries().map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(lab.deliveries().map(({ status }) => status)).toEqual([202, 202, 200]);
  });

  it('are given up after the last retry', async () => {
    lab.callbacks.retryDelaysMs = [5];
    gateway.status = 500;
    await settledCoe();
    await until(() => lab.deliveries().length === 2);
    expect(lab.deliveries().map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/^answered 500/),
      expect.stringMatching(/^answered 500/),
    ]);
  });

  it('are on record when no gateway is connected or none listens', async () => {
    const lonely = await startLab(new Clock());
    lonely.callbacks.retryDelaysMs = [];
    const id = await new BusinessUnit(lonely).submit('KTP_SCAN');
    await lonely.settle(id);
    lonely.connectGateway('http://127.0.0.1:1');
    await lonely.resend(id);
    expect(lonely.deliveries().map(({ status }) => status)).toEqual([null, null]);
    expect(lonely.deliveries().every(({ problem }) => problem !== null && problem !== '')).toBe(true);
    await lonely.close();
  });
});
