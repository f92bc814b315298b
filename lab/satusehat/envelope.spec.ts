import { constants, createPrivateKey, generateKeyPairSync, publicEncrypt, webcrypto } from 'node:crypto';
import * as fc from 'fast-check';
import { clientPublicKey, EnvelopeError, looksArmoured, openMessage, sealMessage } from './envelope';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const BEGIN = '-----BEGIN ENCRYPTED MESSAGE-----';
const END = '-----END ENCRYPTED MESSAGE-----';

const base64Of = (message: string): string =>
  message.slice(BEGIN.length, message.length - END.length).replace(/\s+/g, '');
const bytesOf = (message: string): Buffer => Buffer.from(base64Of(message), 'base64');
const armoured = (bytes: Buffer): string => `${BEGIN}\r\n${bytes.toString('base64')}\r\n${END}`;

function faultOf(message: string, key = pair.privateKey): string {
  try {
    openMessage(message, key);
    return 'opened';
  } catch (error) {
    if (error instanceof EnvelopeError) return error.fault;
    throw error;
  }
}

describe("the Ministry's encrypted message", () => {
  it('opens again to the same text, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        expect(openMessage(sealMessage(text, pair.publicKey), pair.privateKey)).toBe(text);
      }),
      { numRuns: 60 },
    );
  });

  it('has the documented armour: CRLF after every line of 76 columns and nothing after the end tag', () => {
    const message = sealMessage('x'.repeat(546), pair.publicKey);
    const lines = message.split('\r\n');
    expect(lines[0]).toBe(BEGIN);
    expect(lines.at(-1)).toBe(END);
    expect(lines.slice(1, -2).every((line) => line.length === 76)).toBe(true);
    expect(lines.slice(1, -1).join('')).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(bytesOf(message)).toHaveLength(830);
  });

  it('survives a client that cuts by position, as the official PHP library does', () => {
    const message = sealMessage('{"metadata":{"code":"200"}}', pair.publicKey);
    const cut = message.substring(34, 34 + message.length - 66);
    expect(Buffer.from(cut, 'base64').equals(bytesOf(message))).toBe(true);
  });

  it('is read in every line form that clients send', () => {
    const text = base64Of(sealMessage('hello', pair.publicKey));
    const wrapped = (columns: number, eol: string): string =>
      (text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []).join(eol);
    const forms = [
      `${BEGIN}\r\n${wrapped(76, '\r\n')}\r\n${END}`,
      `${BEGIN}\n${wrapped(76, '\n')}\n${END}\n`,
      `${BEGIN}\n${text}\n${END}`,
      `${BEGIN}\r\n${text}${END}\r\n`,
      `${BEGIN}${text}${END}`,
    ];
    expect(forms.map((form) => openMessage(form, pair.privateKey))).toEqual(forms.map(() => 'hello'));
  });

  it('opens in WebCrypto, an implementation of its own', async () => {
    const bytes = bytesOf(sealMessage('both sides agree', pair.publicKey));
    const der = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
    const subtle = webcrypto.subtle;
    const rsa = await subtle.importKey('pkcs8', der, { name: 'RSA-OAEP', hash: 'SHA-256' }, false, [
      'decrypt',
    ]);
    const raw = await subtle.decrypt('RSA-OAEP', rsa, bytes.subarray(0, 256));
    const aes = await subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt']);
    const plain = await subtle.decrypt(
      { name: 'AES-GCM', iv: bytes.subarray(256, 268), tagLength: 128 },
      aes,
      bytes.subarray(268),
    );
    expect(Buffer.from(plain).toString()).toBe('both sides agree');
  });

  it('is refused when one bit of tag, IV, text or wrapped key was edited', () => {
    const bytes = bytesOf(sealMessage('{"agent_nik":"3313096403900009"}', pair.publicKey));
    const faults = new Set<string>();
    const bits = [
      ...Array.from({ length: 256 }, (_, byte) => byte * 8 + (byte % 8)),
      ...Array.from({ length: (bytes.length - 256) * 8 }, (_, bit) => 256 * 8 + bit),
    ];
    for (const bit of bits) {
      const edited = Buffer.from(bytes);
      edited.writeUInt8(edited.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      faults.add(faultOf(armoured(edited)));
    }
    expect([...faults].sort()).toEqual(['not-authentic', 'wrong-key']);
    expect(bits.length).toBeGreaterThan(500);
  });

  it('says which layer refused', () => {
    const good = sealMessage('hello', pair.publicKey);
    expect(faultOf(good, other.privateKey)).toBe('wrong-key');
    expect(faultOf('{"agent_name":"x"}')).toBe('no-begin-tag');
    expect(faultOf(good.slice(0, -5))).toBe('no-end-tag');
    expect(faultOf(`${BEGIN}\r\nnot base64!\r\n${END}`)).toBe('not-base64');
    expect(faultOf(`${BEGIN}\r\n${END}`)).toBe('not-base64');
    expect(faultOf(armoured(Buffer.alloc(283)))).toBe('too-short');
  });

  it('refuses a key wrapped with OAEP-SHA-1, as common Java and node-forge defaults do', () => {
    const bytes = bytesOf(sealMessage('hello', pair.publicKey));
    const sha1 = publicEncrypt(
      { key: pair.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      Buffer.alloc(32),
    );
    expect(faultOf(armoured(Buffer.concat([sha1, bytes.subarray(256)])))).toBe('wrong-key');
  });

  it('tells armour from JSON by the body', () => {
    expect(looksArmoured(sealMessage('hello', pair.publicKey))).toBe(true);
    expect(looksArmoured('{"agent_name":"x"}')).toBe(false);
  });
});

describe("a client's public key", () => {
  const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();

  it.each([
    ['LF with a final newline', pem],
    ['LF without', pem.trimEnd()],
    ['CRLF without', pem.trimEnd().replaceAll('\n', '\r\n')],
  ])('is accepted as SPKI PEM with line ends %s', (_name, text) => {
    expect(clientPublicKey(text)?.equals(pair.publicKey)).toBe(true);
  });

  it.each([
    ['PKCS#1', pair.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    [
      'a private key',
      createPrivateKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
        .export({ type: 'pkcs8', format: 'pem' })
        .toString(),
    ],
    [
      '1024 bits',
      generateKeyPairSync('rsa', { modulusLength: 1024 })
        .publicKey.export({ type: 'spki', format: 'pem' })
        .toString(),
    ],
    [
      'an elliptic curve',
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .publicKey.export({ type: 'spki', format: 'pem' })
        .toString(),
    ],
    ['words', '-----BEGIN PUBLIC KEY-----\nhello\n-----END PUBLIC KEY-----'],
  ])('is refused when it is %s', (_name, text) => {
    expect(clientPublicKey(text)).toBeUndefined();
  });
});
