import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from './configuration-error';
import { loadSettings } from './load-settings';
import { defineSettings, type LoadedSettings } from './settings';
import { integer, partnerSecret, secret, url } from './schemas';

const declaration = defineSettings({
  title: 'Post office',
  shared: {
    PO_RETRIES: integer({ max: 9 }).prefault('3'),
    PO_KEY: secret(),
    PO_MODE: z.enum(['fast', 'slow']).optional(),
  },
  whenUsed: { PO_BASE_URL: url() },
  unit: { PO_USER: z.string(), PO_PASSWORD: secret() },
  unitOptional: { PO_COLOUR: z.string().optional(), PO_SIZE: z.string().prefault('small') },
});

type Loaded = LoadedSettings<typeof declaration>;
const GOOD = { PO_KEY: 'k' };

function load(raw: Record<string, string>, units = ['nanovest', 'sim-invest']): Loaded {
  return loadSettings([declaration], units, raw).of(declaration);
}

function problems(raw: Record<string, string>): readonly string[] {
  try {
    load(raw);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('the environment', () => {
  it('is read with defaults, and optional variables may be unset', () => {
    const { values } = load(GOOD);
    expect(values.PO_RETRIES).toBe(3);
    expect(values.PO_MODE).toBeUndefined();
    expect(values.PO_KEY.reveal()).toBe('k');
  });

  it('is as strict when a file says that this is production', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'kyc-settings-')), 'mode');
    writeFileSync(file, 'production\n');
    const raw = { ...GOOD, PO_BASE_URL: 'http://127.0.0.1:4400' };
    expect(problems({ ...raw, NODE_ENV_FILE: file })).toEqual(problems({ ...raw, NODE_ENV: 'production' }));
    expect(problems({ ...raw, NODE_ENV_FILE: file })).not.toEqual([]);
  });

  it('that lacks things names all of them at once and never a value', () => {
    const found = problems({
      PO_RETRIES: 'many',
      PO_MODE: 'sideways',
      BU_NANOVEST_PO_USER: 'top-secret-name',
    });
    expect(found).toEqual([
      'PO_RETRIES must be a whole number from 0 to 9',
      'PO_KEY is missing',
      'PO_MODE must be one of fast, slow',
      'BU_NANOVEST_PO_PASSWORD is missing',
      'PO_BASE_URL is missing (needed by nanovest)',
    ]);
    expect(found.join()).not.toContain('top-secret-name');
  });

  it('lets a unit without credentials run without the feature', () => {
    const loaded = load({
      ...GOOD,
      PO_BASE_URL: 'https://po.example.com/v1/',
      BU_SIM_INVEST_PO_USER: 'sim',
      BU_SIM_INVEST_PO_PASSWORD: 'pw',
      BU_NANOVEST_PO_COLOUR: 'green',
    });
    expect(loaded.forUnit('nanovest')).toBeNull();
    expect(loaded.optionalForUnit('nanovest')).toEqual({ PO_COLOUR: 'green', PO_SIZE: 'small' });
    expect(loaded.optionalForUnit('stranger').PO_SIZE).toBe('small');
    expect(loaded.forUnit('sim-invest')).toMatchObject({
      PO_USER: 'sim',
      PO_BASE_URL: 'https://po.example.com/v1',
    });
  });

  it('takes a value from a file, less one trailing newline', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'settings-')), 'key');
    writeFileSync(file, 'from file\n\n');
    expect(load({ PO_KEY_FILE: file }).values.PO_KEY.reveal()).toBe('from file\n');
  });

  it.each([
    [{ PO_KEY: 'a', PO_KEY_FILE: '/nowhere' }, 'PO_KEY and PO_KEY_FILE are both set: keep one'],
    [{ PO_KEY_FILE: '/nowhere/at/all' }, 'PO_KEY_FILE names a file that cannot be read'],
    [{ PO_KEY: '' }, 'PO_KEY is set but empty'],
    [{ NODE_ENV: 'production', PO_KEY: 'short' }, 'PO_KEY is too weak: at least 16 characters are wanted'],
    [{ NODE_ENV: 'production', PO_KEY: 'a'.repeat(40) }, 'PO_KEY is too weak: it repeats a few characters'],
    [{ NODE_ENV: 'production', PO_KEY: 'passwordpassword' }, 'PO_KEY is too weak: it repeats itself'],
    [{ NODE_ENV: 'production', PO_KEY: '1234567890123456' }, 'PO_KEY is too weak: it repeats itself'],
    [
      { ...GOOD, PO_BASE_URL: 'http://po.example.com' },
      'PO_BASE_URL must be https: (plain http: only on loopback)',
    ],
    [{ ...GOOD, PO_BASE_URL: 'https://user:pw@po.example.com' }, 'PO_BASE_URL must not carry credentials'],
  ])('%j is refused', (raw, problem) => {
    expect(problems(raw as Record<string, string>)).toContain(problem);
  });

  it("in production takes a partner's secret however short", () => {
    const partner = defineSettings({ title: 'Partner', shared: { PARTNER_KEY: partnerSecret() } });
    expect(() => loadSettings([partner], [], { NODE_ENV: 'production', PARTNER_KEY: 'x' })).not.toThrow();
  });

  it('in production takes https: alone, also on loopback', () => {
    const raw = { NODE_ENV: 'production', PO_KEY: 'a long enough secret', PO_BASE_URL: 'http://127.0.0.1:1' };
    expect(problems(raw)).toEqual(['PO_BASE_URL must be https:']);
  });

  it('treats an empty variable that is no secret as unset', () => {
    expect(load({ ...GOOD, PO_RETRIES: '', PO_MODE: '' }).values.PO_RETRIES).toBe(3);
  });
});
