import { constants, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { armour, EnvelopeError, isArmoured, open, seal, unarmour } from './envelope';

const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const TEXT = '{"metadata":{"code":"200","message":"OK"},"data":{"token":"t"}}';
const OVERHEAD = 284;

function reasonFor(message: string): string {
  try {
    open(message, own.privateKey);
    return 'opened';
  } catch (error) {
    return error instanceof EnvelopeError ? error.reason : `crashed: ${String(error)}`;
  }
}

function bytesOf(message: string): Buffer {
  const bytes = unarmour(message);
  if (bytes === undefined) throw new Error('the message has no sound armour');
  return bytes;
}

function withBitFlipped(bytes: Buffer, bit: number): Buffer {
  const edited = Buffer.from(bytes);
  edited[bit >> 3] = (edited[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return edited;
}

describe('an encrypted message', () => {
  it('brings any text to its recipient, whatever its length', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 600 }),
      fc.json(),
      fc.integer({ min: 0, max: 200 }).map((length) => 'x'.repeat(length)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const message = seal(text, own.publicKey);
        expect(open(message, own.privateKey)).toBe(text);
        expect(bytesOf(message)).toHaveLength(Buffer.byteLength(text) + OVERHEAD);
      }),
      { numRuns: 200 },
    );
  });

  it('is armoured as the Ministry documents it: 76 columns, CRLF, nothing after the end tag', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 900 }), (bytes) => {
        const message = armour(Buffer.from(bytes));
        expect(unarmour(message)).toEqual(Buffer.from(bytes));
        const lines = message.split('\r\n');
        expect(lines[0]).toBe('-----BEGIN ENCRYPTED MESSAGE-----');
        expect(lines.at(-1)).toBe('-----END ENCRYPTED MESSAGE-----');
        const body = lines.slice(1, -1);
        expect(body.slice(0, -1).every((line) => line.length === 76)).toBe(true);
        expect((body.at(-1) ?? '').length).toBeLessThanOrEqual(76);
        expect(body.join('')).toBe(Buffer.from(bytes).toString('base64'));
      }),
    );
  });

  it('never looks the same twice', () => {
    const messages = Array.from({ length: 20 }, () => seal(TEXT, own.publicKey));
    const wrappedKeys = messages.map((message) => bytesOf(message).subarray(0, 256).toString('hex'));
    const ivs = messages.map((message) => bytesOf(message).subarray(256, 268).toString('hex'));
    expect(new Set(wrappedKeys).size).toBe(20);
    expect(new Set(ivs).size).toBe(20);
  });

  it.each([
    ['lines that end in LF', { columns: 76, lineEnd: '\n' }],
    ['lines of 64 columns', { columns: 64, lineEnd: '\r\n' }],
    ['one line, then LF', { columns: Infinity, lineEnd: '\n' }],
    ['one line, then CRLF', { columns: Infinity, lineEnd: '\r\n' }],
    ['a last line that touches the end tag', { columns: 76, lineEnd: '\r\n', beforeEnd: '' }],
    ['no line break at all', { columns: Infinity, lineEnd: '', beforeEnd: '' }],
    ['a newline after the end tag', { columns: 76, lineEnd: '\r\n', afterEnd: '\r\n' }],
  ])('is read with %s', (_, style) => {
    const message = armoured(style);
    expect(isArmoured(message)).toBe(true);
    expect(open(message, own.privateKey)).toBe(TEXT);
  });

  it('is told from any other body by how it begins', () => {
    const message = seal(TEXT, own.publicKey);
    for (const body of [message, `\r\n ${message}`, '-----BEGIN ENCRYPTED MESSAGE-----'])
      expect(isArmoured(body)).toBe(true);
    for (const body of ['', TEXT, `x${message}`, message.slice(1)]) expect(isArmoured(body)).toBe(false);
  });

  it('for somebody else stays closed', () => {
    expect(reasonFor(seal(TEXT, stranger.publicKey))).toBe('refused');
  });
});

/** The same sealed text in other people's armour. */
function armoured(style: {
  columns: number;
  lineEnd: string;
  beforeEnd?: string;
  afterEnd?: string;
}): string {
  const base64 = bytesOf(seal(TEXT, own.publicKey)).toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += style.columns) lines.push(base64.slice(at, at + style.columns));
  const { lineEnd, beforeEnd = lineEnd, afterEnd = '' } = style;
  return `-----BEGIN ENCRYPTED MESSAGE-----${lineEnd}${lines.join(lineEnd)}${beforeEnd}-----END ENCRYPTED MESSAGE-----${afterEnd}`;
}

describe('an edited message', () => {
  const SEALED = Buffer.byteLength(TEXT) + OVERHEAD;
  let message: string;
  let bytes: Buffer;
  beforeAll(() => {
    message = seal(TEXT, own.publicKey);
    bytes = bytesOf(message);
  });

  it.each([
    ['wrapped key', 0, 256],
    ['IV', 256, 268],
    ['ciphertext', 268, SEALED - 16],
    ['tag', SEALED - 16, SEALED],
  ])('is refused whichever bit of its %s was flipped', (_, from, to) => {
    const opened: number[] = [];
    for (let bit = from * 8; bit < to * 8; bit += 1)
      if (reasonFor(armour(withBitFlipped(bytes, bit))) !== 'refused') opened.push(bit);
    expect(opened).toEqual([]);
  });

  it('is refused whichever bit of its armour was flipped', () => {
    const text = Buffer.from(message, 'latin1');
    const opened: number[] = [];
    for (let bit = 0; bit < text.length * 8; bit += 1) {
      const reason = reasonFor(withBitFlipped(text, bit).toString('latin1'));
      if (reason !== 'refused' && reason !== 'damaged') opened.push(bit);
    }
    expect(opened).toEqual([]);
  });

  it('is refused wherever it was cut or lengthened', () => {
    for (let length = 0; length < bytes.length; length += 1)
      expect(reasonFor(armour(bytes.subarray(0, length)))).toBe(length < OVERHEAD ? 'damaged' : 'refused');
    expect(reasonFor(armour(Buffer.concat([bytes, Buffer.of(0)])))).toBe('refused');
  });
});

describe('a hostile message', () => {
  it('never crashes the reader: 500 bodies of any content', () => {
    const begin = '-----BEGIN ENCRYPTED MESSAGE-----';
    const end = '-----END ENCRYPTED MESSAGE-----';
    const junk = fc.uint8Array({ maxLength: 700 }).map((bytes) => armour(Buffer.from(bytes)));
    const anything = fc.string({ unit: 'binary', maxLength: 400 });
    const tagged = fc.tuple(anything, anything).map(([inside, after]) => begin + inside + end + after);
    const shuffled = fc.array(fc.constantFrom(begin, end, '\r\n', '=', 'AAAA', ' ', '\0'), { maxLength: 12 });
    const bodies = fc.oneof(
      junk,
      anything,
      tagged,
      shuffled.map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        expect(['damaged', 'refused']).toContain(reasonFor(body));
      }),
      { numRuns: 500 },
    );
  });

  it('with an AES key of another length is refused like any other', () => {
    const padding = { key: own.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    for (const length of [0, 16, 31, 33, 64]) {
      const wrapped = publicEncrypt(padding, randomBytes(length));
      expect(reasonFor(armour(Buffer.concat([wrapped, randomBytes(60)])))).toBe('refused');
    }
  });

  it('of two tags alone holds nothing, and none where they share their dashes', () => {
    expect(unarmour('-----BEGIN ENCRYPTED MESSAGE----------END ENCRYPTED MESSAGE-----')).toEqual(
      Buffer.alloc(0),
    );
    expect(reasonFor('-----BEGIN ENCRYPTED MESSAGE-----END ENCRYPTED MESSAGE-----')).toBe('damaged');
    expect(unarmour('-----BEGIN ENCRYPTED MESSAGE-----END ENCRYPTED MESSAGE-----')).toBeUndefined();
  });

  it('with base64 in a second spelling of the same bytes is damaged', () => {
    const message = seal('12', own.publicKey);
    expect(bytesOf(message).length % 3).toBe(1);
    const second = message.replace(/(.)==(?=\r\n-----END)/, (_, last: string) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
      return `${alphabet[alphabet.indexOf(last) + 1] ?? ''}==`;
    });
    expect(second).not.toBe(message);
    expect(reasonFor(second)).toBe('damaged');
    expect(reasonFor(message.replaceAll('=', ''))).toBe('damaged');
    expect(reasonFor(message.replaceAll('+', '-').replaceAll('/', '_').replace('=', ''))).toBe('damaged');
  });
});
