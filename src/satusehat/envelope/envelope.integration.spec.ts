import { createPrivateKey, generateKeyPairSync, randomBytes, webcrypto, type KeyObject } from 'node:crypto';
import * as lab from '../../../lab/satusehat/envelope';
import { EnvelopeError, open, seal } from './envelope';
import vectors from './envelope.vectors.json';
import { openWithForge, sealWithForge, type ForgeSealing } from './forge.fixture';

const vectorKey = createPrivateKey(vectors.privateKey);
const TEXTS = [
  { about: 'nothing', text: '' },
  { about: 'an object', text: '{"agent_name":"Bambang Wisanggeni"}' },
  { about: 'text beyond ASCII', text: 'é – 🇮🇩'.repeat(50) },
  { about: 'a long text', text: 'x'.repeat(4096) },
];

const privateKeyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicKeyPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

describe('the published vectors', () => {
  it.each(vectors.opened)('open: $name', ({ message, plaintext }) => {
    expect(open(message, vectorKey)).toBe(plaintext);
  });

  it.each(vectors.opened)('are what node-forge makes of their inputs: $name', ({ message, ...inputs }) => {
    expect(sealWithForge({ ...inputs, publicKeyPem: vectors.publicKey })).toBe(message);
  });

  it.each(vectors.refused)('stay closed: $name', ({ message, ...inputs }) => {
    expect(() => open(message, vectorKey)).toThrow(new EnvelopeError('refused'));
    const sealing = { ...inputs, publicKeyPem: vectors.publicKey } as ForgeSealing;
    expect(sealWithForge(sealing)).toBe(message);
  });

  it.each(vectors.published)('agree with the shape of $name', ({ lines, bytes }) => {
    const message = ['-----BEGIN ENCRYPTED MESSAGE-----', ...lines, '-----END ENCRYPTED MESSAGE-----'].join(
      '\r\n',
    );
    const ours = seal('x'.repeat(bytes - 284), vectorKey);
    expect(shape(ours)).toEqual(shape(message));
    // Sealed for a key of the Ministry's: with another key, damage and a foreign key must look the same.
    expect(() => open(message, vectorKey)).toThrow(new EnvelopeError('refused'));
  });
});

function shape(message: string): { lengths: number[]; first: string | undefined; last: string | undefined } {
  const lines = message.split('\r\n');
  return { lengths: lines.map((line) => line.length), first: lines[0], last: lines.at(-1) };
}

describe('a message sealed here is opened, and one sealed there is opened here, by', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });

  it.each(TEXTS)('node-forge: $about', ({ text }) => {
    expect(openWithForge(seal(text, pair.publicKey), privateKeyPem(pair.privateKey))).toBe(text);
    const sealing = {
      plaintext: text,
      publicKeyPem: publicKeyPem(pair.publicKey),
      aesKey: randomBytes(32).toString('hex'),
      iv: randomBytes(12).toString('hex'),
      oaepSeed: randomBytes(32).toString('hex'),
    };
    expect(open(sealWithForge(sealing), pair.privateKey)).toBe(text);
  });

  it.each(TEXTS)('WebCrypto: $about', async ({ text }) => {
    expect(await openWithWebCrypto(seal(text, pair.publicKey), pair.privateKey)).toBe(text);
    expect(open(await sealWithWebCrypto(text, pair.publicKey), pair.privateKey)).toBe(text);
  });

  it.each(TEXTS)("the lab's SATUSEHAT: $about", ({ text }) => {
    expect(lab.openMessage(seal(text, pair.publicKey), pair.privateKey)).toBe(text);
    expect(open(lab.sealMessage(text, pair.publicKey), pair.privateKey)).toBe(text);
  });
});

const RSA = { name: 'RSA-OAEP', hash: 'SHA-256' };

async function sealWithWebCrypto(text: string, recipient: KeyObject): Promise<string> {
  const { subtle } = webcrypto;
  const spki = recipient.export({ type: 'spki', format: 'der' });
  const rsa = await subtle.importKey('spki', spki, RSA, false, ['encrypt']);
  const aes = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
  const iv = randomBytes(12);
  const ciphertext = await subtle.encrypt({ name: 'AES-GCM', iv }, aes, Buffer.from(text));
  const wrapped = await subtle.encrypt(RSA, rsa, await subtle.exportKey('raw', aes));
  const bytes = Buffer.concat([Buffer.from(wrapped), iv, Buffer.from(ciphertext)]);
  return `-----BEGIN ENCRYPTED MESSAGE-----\n${bytes.toString('base64')}\n-----END ENCRYPTED MESSAGE-----`;
}

async function openWithWebCrypto(message: string, own: KeyObject): Promise<string> {
  const { subtle } = webcrypto;
  const bytes = Buffer.from(message.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  const pkcs8 = own.export({ type: 'pkcs8', format: 'der' });
  const rsa = await subtle.importKey('pkcs8', pkcs8, RSA, false, ['decrypt']);
  const raw = await subtle.decrypt(RSA, rsa, bytes.subarray(0, 256));
  const aes = await subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt']);
  const clear = await subtle.decrypt(
    { name: 'AES-GCM', iv: bytes.subarray(256, 268) },
    aes,
    bytes.subarray(268),
  );
  return Buffer.from(clear).toString('utf8');
}

describe('the time a refusal takes', () => {
  it('does not tell a padding error from an edited ciphertext', () => {
    const message = vectors.opened[1]?.message ?? '';
    const padding = edited(message, 100);
    const tag = edited(message, -1);
    const times = { padding: [] as number[], tag: [] as number[] };
    for (let round = 0; round < 1_000; round += 1) {
      times.padding.push(refusalTime(padding));
      times.tag.push(refusalTime(tag));
    }
    const ratio = median(times.padding) / median(times.tag);
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.18);
  });
});

function edited(message: string, at: number): string {
  const bytes = Buffer.from(message.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return `-----BEGIN ENCRYPTED MESSAGE-----\n${bytes.toString('base64')}\n-----END ENCRYPTED MESSAGE-----`;
}

function refusalTime(message: string): number {
  const started = performance.now();
  expect(() => open(message, vectorKey)).toThrow('refused');
  return performance.now() - started;
}

function median(times: number[]): number {
  return times.sort((left, right) => left - right)[times.length >> 1] ?? 0;
}
