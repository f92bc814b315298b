import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from './data-folder';

interface Service {
  readonly image?: string;
  readonly build?: { readonly target: string };
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: { readonly resources?: { readonly limits?: Readonly<Record<string, string | number>> } };
}

const reset = { tag: '!reset', collection: 'seq' as const };

function servicesOf(file: string): Record<string, Service> {
  const document = parse(read(file), { merge: true, customTags: [reset] }) as {
    services: Record<string, Service>;
  };
  return document.services;
}

function read(file: string): string {
  return readFileSync(join(projectRoot, file), 'utf8');
}

/** Host ports of `[address:]host:container`, a range as each of its ports. */
function hostPorts({ ports = [] }: Service): string[] {
  return ports.flatMap((port) => {
    const [first = 0, last = first] = (port.split(':').at(-2) ?? '').split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, offset) => String(first + offset));
  });
}

const FILES = ['docker-compose.yml', 'deploy/compose/behind-nginx.yml'];
const plain = servicesOf('docker-compose.yml');
const overlay = servicesOf('deploy/compose/behind-nginx.yml');

describe('The Compose files', () => {
  it('name no variable that the program does not read', () => {
    const { properties } = JSON.parse(read('docs/generated/environment.schema.json')) as {
      properties: Record<string, unknown>;
    };
    const ofOthers = ['POSTGRES_PASSWORD', 'LAB_HOST', 'LAB_BASE_PORT'];
    const own = [plain, overlay].flatMap((services) =>
      Object.entries(services).filter(([name]) => !['postgres', 'nginx'].includes(name)),
    );
    const named = own.flatMap(([, { environment = {} }]) => Object.keys(environment));
    const filledIn = FILES.flatMap((file) =>
      [...read(file).matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name),
    );
    const known = [...Object.keys(properties), ...ofOthers];
    expect([...named, ...filledIn].filter((name) => !known.includes(name))).toEqual([]);
    expect(named.length).toBeGreaterThan(5);
  });

  it('bring no password and no default for a secret', () => {
    for (const file of FILES) expect(read(file)).not.toMatch(/\$\{\w+:?-/);
    expect(plain['postgres']?.environment?.['POSTGRES_PASSWORD']).toBe('${POSTGRES_PASSWORD}');
  });

  it('publish no port twice, whatever the profile, and none of the plain file beyond this machine', () => {
    const published = Object.values(plain).flatMap(hostPorts);
    expect(new Set(published).size).toBe(published.length);
    const everywhere = Object.values(plain).flatMap(({ ports = [] }) =>
      ports.filter((port) => !port.startsWith('127.0.0.1:')),
    );
    expect(everywhere).toEqual([]);
    expect(overlay['gateway']?.ports).toEqual([]);
  });

  it('publish every server of the lab under the port it has inside', () => {
    const { ports = [], environment = {} } = plain['lab'] ?? {};
    for (const port of ports) expect(port.split(':').at(-2)).toBe(port.split(':').at(-1));
    const [, servers = ''] = /SERVERS\b.*?= \[\n(.*?)^\];/ms.exec(read('lab/lab-servers.ts')) ?? [];
    const count = servers.trim().split('\n').length;
    const first = Number(environment['LAB_BASE_PORT']);
    const needed = Array.from({ length: count }, (_, offset) => String(first + offset));
    expect(count).toBeGreaterThan(10);
    expect(hostPorts(plain['lab'] ?? {})).toEqual(expect.arrayContaining([environment['PORT'], ...needed]));
  });

  it('start the gateway only on a schema that was made and a configuration that was accepted', () => {
    const { migrate, doctor, gateway } = plain;
    expect(gateway?.environment?.['MIGRATIONS']).toBe('check');
    expect(gateway?.depends_on).toEqual({ doctor: { condition: 'service_completed_successfully' } });
    expect(doctor?.depends_on).toEqual({ migrate: { condition: 'service_completed_successfully' } });
    expect(migrate?.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect([migrate?.restart, doctor?.restart, gateway?.restart]).toEqual(['no', 'no', 'unless-stopped']);
  });

  it('let the doctor pass with every code but 78', () => {
    const [shell = '', option = '', script = ''] = plain['doctor']?.command ?? [];
    const endsAs = (code: number): number => {
      const command = script.replace('node dist/doctor.js', `(exit ${code})`).replaceAll('$$', '$');
      try {
        execFileSync(shell, [option, command]);
        return 0;
      } catch {
        return 1;
      }
    };
    expect([0, 1, 78].map(endsAs)).toEqual([0, 0, 1]);
  });

  it('limit each service, and give none more rights than it needs', () => {
    for (const services of [plain, overlay])
      for (const [name, { image, deploy, read_only }] of Object.entries(services)) {
        if (image === undefined) continue; // says only what differs
        const limits = deploy?.resources?.limits ?? {};
        expect([name, Object.keys(limits).sort()]).toEqual([name, ['cpus', 'memory', 'pids']]);
        if (!['postgres', 'lab'].includes(name)) expect([name, read_only]).toEqual([name, true]);
      }
  });

  it('name exact versions of what others make, and mount files that exist', () => {
    const all = Object.values({ ...plain, ...overlay });
    const foreign = all.filter(({ build }) => build === undefined).flatMap(({ image }) => image ?? []);
    expect(foreign.filter((image) => !/^[a-z]+:\d+\.\d+(\.\d+)?-bookworm$/.test(image))).toEqual([]);
    const mounted = all.flatMap(({ volumes = [] }) => volumes.filter((volume) => volume.startsWith('./')));
    const files = mounted
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((file) => file.endsWith('.conf'));
    expect(files).toHaveLength(2);
    for (const file of files) expect(read(file)).not.toBe('');
  });
});

describe('npm run sbom', () => {
  it('lists what production installs, and nothing that only developers need', () => {
    const printed = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: projectRoot, encoding: 'utf8' });
    const { bomFormat, components } = JSON.parse(printed) as {
      bomFormat: string;
      components: { name: string; version: string; purl: string }[];
    };
    expect(bomFormat).toBe('CycloneDX');
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { version?: string; dev?: boolean; link?: boolean }>;
    };
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const listed = new Set(components.map(({ purl }) => decodeURIComponent(purl)));
    for (const [name, version] of Object.entries(dependencies))
      expect(listed).toContain(`pkg:npm/${name}@${version}`);
    const ofProduction = Object.entries(packages).flatMap(
      ([path, { version = '', dev = false, link = false }]) =>
        dev || link ? [] : [`pkg:npm/${path.split('node_modules/').at(-1)}@${version}`],
    );
    expect([...listed].filter((purl) => !ofProduction.includes(purl))).toEqual([]);
  });
});
