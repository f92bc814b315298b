import { generateKeyPairSync, sign } from 'node:crypto';
import canonicalize from 'canonicalize';
import { linked, sha256 } from './chain-hashes';
import { pick, type Random } from './randomness';

const attacker = generateKeyPairSync('ed25519');

/** Ways to falsify an export, by somebody who knows all about it but the signing key. */
export const FORGERIES: Readonly<
  Record<string, (lines: readonly string[], random: Random) => Buffer | string[]>
> = {
  'a bit was flipped': (lines, random) => {
    const bytes = fileOf(lines);
    const place = Math.floor(random() * bytes.length);
    bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(random() * 8));
    return bytes;
  },
  'bytes were taken out': (lines, random) => {
    const bytes = fileOf(lines);
    const from = Math.floor(random() * bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + Math.floor(random() * 40))]);
  },
  'a byte was put in': (lines, random) => {
    const bytes = fileOf(lines);
    const place = Math.floor(random() * (bytes.length + 1));
    const byte = Buffer.of(Math.floor(random() * 256));
    return Buffer.concat([bytes.subarray(0, place), byte, bytes.subarray(place)]);
  },
  'a line was deleted': (lines, random) => lines.toSpliced(Math.floor(random() * lines.length), 1),
  'a line was repeated': (lines, random) => {
    const place = Math.floor(random() * lines.length);
    return lines.toSpliced(place, 0, lines[place] ?? '');
  },
  'two lines were swapped': (lines, random) => {
    const one = Math.floor(random() * (lines.length - 1));
    const other = one + 1 + Math.floor(random() * (lines.length - one - 1));
    return lines.with(one, lines[other] ?? '').with(other, lines[one] ?? '');
  },
  'the file was cut': (lines, random) => {
    const bytes = fileOf(lines);
    return bytes.subarray(0, Math.floor(random() * bytes.length));
  },
  'the end of the chain was cut off': (lines, random) => {
    const keep = 1 + Math.floor(random() * (lines.length - 2));
    return resealed([...lines.slice(0, keep), lines.at(-1) ?? '']);
  },
  'the chain was written anew from some event': (lines, random) => rewritten(lines, random),
  'the chain was written anew and signed with another key': (lines, random) =>
    signedAnew(rewritten(lines, random)),
};

export function fileOf(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\n')}\n`);
}

function canonical(value: unknown): string {
  return canonicalize(value) ?? '';
}

/** An event's word is changed, and every hash after it put right. */
export function rewritten(lines: readonly string[], random: Random): string[] {
  const events = lines.slice(1, -1).map((line) => JSON.parse(line) as ExportLine);
  const manifest = JSON.parse(lines[0] ?? '') as { from: number; previousHash: string };
  const full = events.filter(({ body }) => body !== undefined);
  const victim = pick(random, full);
  victim.body = { ...victim.body, at: new Date(Math.floor(random() * 1e12)).toISOString() };
  let previous: Buffer = Buffer.from(manifest.previousHash, 'hex');
  for (const event of events) {
    const digest =
      event.body === undefined ? Buffer.from(event.bodyDigest ?? '', 'hex') : sha256(canonical(event.body));
    previous = linked(previous, event.seq, digest);
    event.hash = previous.toString('hex');
  }
  return resealed([lines[0] ?? '', ...events.map(canonical), lines.at(-1) ?? '']);
}

interface ExportLine {
  readonly seq: number;
  hash: string;
  body?: object;
  readonly bodyDigest?: string;
}

interface SignedEnd {
  readonly checkpoint: Record<string, unknown>;
  readonly contentSha256: string;
  readonly signature: string;
}

/** Everything that needs no key is put right. */
function resealed(lines: readonly string[]): string[] {
  const end = JSON.parse(lines.at(-1) ?? '') as SignedEnd;
  const last = JSON.parse(lines.at(-2) ?? '') as { seq?: number; hash?: string };
  const checkpoint = {
    ...end.checkpoint,
    ...(last.hash === undefined ? {} : { seq: last.seq, hash: last.hash }),
  };
  const contentSha256 = sha256(fileOf(lines.slice(0, -1))).toString('hex');
  return [...lines.slice(0, -1), canonical({ ...end, checkpoint, contentSha256 })];
}

/** A whole new export that is intact by its own key. */
export function signedAnew(lines: readonly string[]): string[] {
  const manifest = JSON.parse(lines[0] ?? '') as object;
  const der = attacker.publicKey.export({ type: 'spki', format: 'der' });
  const publicKey = attacker.publicKey.export({ type: 'spki', format: 'pem' });
  const content = [canonical({ ...manifest, publicKey }), ...lines.slice(1, -1)];
  const { signature: _old, ...head } = (JSON.parse(lines.at(-1) ?? '') as SignedEnd).checkpoint;
  const named = { ...head, keyId: sha256(der).toString('hex').slice(0, 16) };
  const signed = (type: string, what: object): string =>
    sign(null, Buffer.from(canonical({ type, version: 1, ...what })), attacker.privateKey).toString('hex');
  const checkpoint = { ...named, signature: signed('kyc-ledger-checkpoint', named) };
  const contentSha256 = sha256(fileOf(content)).toString('hex');
  const signature = signed('kyc-ledger-export', { checkpoint, contentSha256 });
  return [...content, canonical({ checkpoint, contentSha256, signature })];
}
