import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningState } from '../../launch/running-state';
import { eventually } from '../support/eventually';
import { freePorts, LaunchedGateway } from '../support/launched-gateway';
import { postmasterOf, stillRunning } from '../support/process-tree';

jest.setTimeout(120_000);

const person = {
  phoneNumber: '6281234567890',
  fullName: 'John Doe',
  nik: '3171014507890123',
  dateOfBirth: '1990-01-31',
  email: '',
};

interface Place {
  dataDir: string;
  ports: { PORT: string; LAB_BASE_PORT: string };
}

async function place(): Promise<Place> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kyc-gateway-test-'));
  chmodSync(dataDir, 0o711); // root's PostgreSQL runs as another account
  return { dataDir, ports: await freePorts() };
}

function start(
  { dataDir, ports }: Place,
  environment: Readonly<Record<string, string>> = {},
): LaunchedGateway {
  return new LaunchedGateway(dataDir, { ...ports, ...environment });
}

function postmaster(dataDir: string): number {
  return postmasterOf(join(dataDir, 'postgres'));
}

describe('npm start, while it runs', () => {
  let here: Place;
  let launched: LaunchedGateway;
  let state: RunningState;

  beforeAll(async () => {
    here = await place();
    launched = start(here);
    state = await launched.ready();
  });

  afterAll(async () => {
    launched.signal('SIGTERM');
    await launched.ended;
    rmSync(here.dataDir, { recursive: true });
  });

  it('stands up a gateway among simulated partners and hands out what a person needs to call it', async () => {
    expect((await fetch(`${state.gatewayUrl}/health/ready`)).status).toBe(200);
    expect(Object.keys(state.businessUnits)).toEqual(['nanovest', 'siminvest']);
    for (const { api, otpWebhook } of Object.values(state.businessUnits)) {
      expect(launched.output).toContain(api);
      expect(launched.output).toContain(otpWebhook);
    }
    expect(launched.output).toContain(state.lab?.inbox);
    expect(launched.output).toContain('npm run journey');
    expect(launched.output).toContain(`${state.gatewayUrl}/console`);
    expect(await (await fetch(`${state.gatewayUrl}/console`)).text()).toContain('<div id="root">');
    expect(launched.output).toContain(`onboarding: ${state.lab?.onboarding}`);
    expect(await (await fetch(state.lab?.onboarding ?? '')).text()).toContain('<div id="app">');
    expect(statSync(join(here.dataDir, 'running.json')).mode & 0o777).toBe(0o600);
  });

  it('tells a second one in one line where the gateway already runs, and is not harmed', async () => {
    const second = start(here, { PORT: '1' });
    expect(await second.ended).toBe(1);
    expect(second.output).toBe(
      `A gateway already runs from ${here.dataDir} (process ${launched.pid}, ${state.gatewayUrl}): use that one, ` +
        'stop it with Ctrl-C, or start this one with another DATA_DIR and PORT.\n',
    );
    expect((await fetch(`${state.gatewayUrl}/health/ready`)).status).toBe(200);
  });

  it('leaves no process behind when it is asked to stop', async () => {
    const family = launched.family();
    expect(family.length).toBeGreaterThan(8); // launcher, watchdog, lab, gateway, and PostgreSQL's processes
    launched.signal('SIGTERM');
    expect(await launched.ended).toBe(0);
    expect(stillRunning(family)).toEqual([]);
  });
});

describe('npm start, when something goes wrong', () => {
  let here: Place;
  let launched: LaunchedGateway;
  let other: Server;

  beforeEach(async () => {
    here = await place();
    other = createServer();
  });

  afterEach(async () => {
    other.close();
    launched.signal('SIGTERM');
    await launched.ended;
    rmSync(here.dataDir, { recursive: true });
  });

  it('leaves no process behind when it is killed, and keeps everything for the next start', async () => {
    launched = start(here);
    const first = await launched.ready();
    const submission = await submit(first.gatewayUrl, first.businessUnits.nanovest?.api ?? '');
    const family = launched.family();
    process.kill(postmaster(here.dataDir), 'SIGKILL'); // its lock file stays
    launched.signal('SIGKILL');
    const left = await eventually(
      () => Promise.resolve(stillRunning(family)),
      (pids) => pids.length === 0,
    );
    expect(left).toEqual([]);

    launched = start(here);
    const second = await launched.ready();
    expect(second).toEqual(first);
    const answer = await fetch(`${second.gatewayUrl}/v1/submissions/${submission}`, {
      headers: basic(second.businessUnits.nanovest?.api ?? ''),
    });
    expect(await answer.json()).toMatchObject({ id: submission, phoneNumber: person.phoneNumber });
  });

  it('stops everything and says which part ended when one does', async () => {
    launched = start(here);
    await launched.ready();
    const family = launched.family();
    process.kill(postmaster(here.dataDir), 'SIGKILL');
    expect(await launched.ended).toBe(1);
    expect(launched.output).toMatch(/PostgreSQL ended by itself .*, so everything was stopped\.\n$/);
    expect(stillRunning(family)).toEqual([]);
  });

  it('names PORT when the port is taken', async () => {
    await listen(other, Number(here.ports.PORT));
    launched = start(here);
    expect(await launched.ended).toBe(1);
    expect(launched.output).toMatch(/^Port \d+ is taken by another program: .*set PORT to a free port.*\n$/);
  });

  it('names LAB_BASE_PORT when a port of the lab is taken', async () => {
    const taken = Number(here.ports.LAB_BASE_PORT) + 3;
    await listen(other, taken);
    launched = start(here);
    expect(await launched.ended).toBe(1);
    expect(launched.output).toMatch(new RegExp(`port ${taken} .* is already taken\\. Set LAB_BASE_PORT`));
  });

  it('names DATA_DIR when nothing can be written there', async () => {
    launched = new LaunchedGateway('/dev/null/data', here.ports);
    expect(await launched.ended).toBe(1);
    expect(launched.output).toMatch(/^Cannot write to \/dev\/null\/data \(ENOTDIR\): .*set DATA_DIR.*\n$/);
  });

  it('embeds nothing in production and lists every missing name at once', async () => {
    launched = start(here, { NODE_ENV: 'production' });
    expect(await launched.ended).toBe(78);
    for (const name of [
      'DATABASE_URL',
      'PUBLIC_URL',
      'DATA_ENCRYPTION_KEYS',
      'BUSINESS_UNITS',
      'SIMAS_ID_ISSUER',
    ]) {
      expect(launched.output).toContain(`${name} is missing`);
    }
  });
});

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

function basic(credentials: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** Hands in approved data; the id of the submission. */
async function submit(gatewayUrl: string, credentials: string): Promise<string> {
  const answer = await fetch(`${gatewayUrl}/v1/common-kyc`, {
    method: 'POST',
    headers: { ...basic(credentials), 'content-type': 'application/json' },
    body: JSON.stringify(person),
  });
  expect(answer.status).toBe(202);
  const { submissionId } = (await answer.json()) as { submissionId: string };
  return submissionId;
}
