import { createHash, generateKeyPairSync } from 'node:crypto';
import { diagnoseServerKey, type ServerKey, serverKey } from './server-key';

const STAGING = 'https://api-satusehat-stg.dto.kemkes.go.id';
const PRODUCTION = 'https://api-satusehat.kemkes.go.id';

const keyOf = (raw: string): ServerKey => serverKey.parse(raw);

function pem(bits = 2048): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function fingerprint(raw: string): string {
  const der = keyOf(raw).key.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex');
}

describe('the key that requests are sealed for', () => {
  it('is one of the two the Ministry published, byte for byte', () => {
    expect(fingerprint('production')).toBe(
      'd3f99822000eb74147850236f6c1b08fe450722997724da7f015a12ed3996c3f',
    );
    expect(fingerprint('development')).toBe(
      'c636d238ac4272ae66fa086ed05008376f86267d791fdd91c2a106ecb676b718',
    );
  });

  it('may be configured, with real newlines or the two characters \\n', () => {
    const text = pem();
    expect(keyOf(text).name).toBe('configured');
    expect(keyOf(text.replaceAll('\n', '\\n')).key.equals(keyOf(text).key)).toBe(true);
  });

  it('is recognised when it is a published one', () => {
    const published = keyOf('development').key.export({ type: 'spki', format: 'pem' }).toString();
    expect(keyOf(published).name).toBe('development');
  });

  it.each([
    ['a word that is no environment', 'staging'],
    ['a shorter key', pem(1024)],
    ['a key that is not RSA', ecPem()],
    ['a private key', privatePem()],
    ['a broken PEM', '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----'],
  ])('cannot be %s', (_, raw) => {
    expect(serverKey.safeParse(raw).success).toBe(false);
  });
});

function ecPem(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function privatePem(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

describe('the diagnosis of a key that the service does not hold', () => {
  it('names the mistake seen most often: the key of the other environment', () => {
    expect(diagnoseServerKey(keyOf('production'), STAGING)).toBe(
      "the request was sealed for the other environment's key; SATUSEHAT_PUBLIC_KEY is the published production key, " +
        'while api-satusehat-stg.dto.kemkes.go.id uses the development key',
    );
    expect(diagnoseServerKey(keyOf('development'), PRODUCTION)).toContain('uses the production key');
  });

  it('does not blame the environment when key and host belong together', () => {
    const diagnosis = diagnoseServerKey(keyOf('production'), PRODUCTION);
    expect(diagnosis).not.toContain('other environment');
    expect(diagnosis).toContain('seems to hold another');
  });

  it('tells a configured key by its fingerprint', () => {
    const own = pem();
    expect(diagnoseServerKey(keyOf(own), STAGING)).toContain(`the key ${fingerprint(own).slice(0, 16)}…`);
  });
});
