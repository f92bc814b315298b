import { createHash } from 'node:crypto';

export function sha256(...parts: (string | Buffer)[]): Buffer {
  return parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
}

/** An event's hash, as the format describes it. */
export function linked(previous: Buffer, seq: number, digest: Buffer): Buffer {
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(seq));
  return sha256(Buffer.of(1), previous, place, digest);
}
