import forge from 'node-forge';

/**
 * The envelope of satusehat.md §3 once more, on node-forge: an implementation that shares no line of code with OpenSSL, ours or
 * the lab's. Everything random can be given, so that messages can be reproduced.
 */
const BEGIN = '-----BEGIN ENCRYPTED MESSAGE-----';
const END = '-----END ENCRYPTED MESSAGE-----';

export interface ForgeSealing {
  readonly plaintext: string;
  /** SPKI PEM. */
  readonly publicKeyPem: string;
  /** Hexadecimal: 32, 12 and (for the default hashes) 32 bytes. */
  readonly aesKey: string;
  readonly iv: string;
  readonly oaepSeed: string;
  /** Both are SHA-256 unless an implementation gets it wrong. */
  readonly oaepHash?: 'sha1' | 'sha256';
  readonly mgf1Hash?: 'sha1' | 'sha256';
}

export function sealWithForge(sealing: ForgeSealing): string {
  const key = forge.util.hexToBytes(sealing.aesKey);
  const iv = forge.util.hexToBytes(sealing.iv);
  const cipher = forge.cipher.createCipher('AES-GCM', key);
  cipher.start({ iv, tagLength: 128 });
  cipher.update(forge.util.createBuffer(forge.util.encodeUtf8(sealing.plaintext)));
  cipher.finish();
  const publicKey = forge.pki.publicKeyFromPem(sealing.publicKeyPem);
  const wrapped = publicKey.encrypt(key, 'RSA-OAEP', {
    seed: forge.util.hexToBytes(sealing.oaepSeed),
    md: digest(sealing.oaepHash),
    mgf1: { md: digest(sealing.mgf1Hash) },
  });
  const bytes = wrapped + iv + cipher.output.getBytes() + cipher.mode.tag.getBytes();
  return `${BEGIN}\r\n${forge.util.encode64(bytes, 76)}\r\n${END}`;
}

export function openWithForge(message: string, privateKeyPem: string): string {
  const bytes = forge.util.decode64(message.replace(BEGIN, '').replace(END, '').replace(/\s/g, ''));
  const privateKey = forge.pki.privateKeyFromPem(privateKeyPem);
  const key = privateKey.decrypt(bytes.slice(0, 256), 'RSA-OAEP', {
    md: digest('sha256'),
    mgf1: { md: digest('sha256') },
  });
  const decipher = forge.cipher.createDecipher('AES-GCM', key);
  decipher.start({
    iv: bytes.slice(256, 268),
    tagLength: 128,
    tag: forge.util.createBuffer(bytes.slice(-16)),
  });
  decipher.update(forge.util.createBuffer(bytes.slice(268, -16)));
  if (!decipher.finish()) throw new Error('the tag does not fit');
  return forge.util.decodeUtf8(decipher.output.getBytes());
}

function digest(name: 'sha1' | 'sha256' = 'sha256'): forge.md.MessageDigest {
  return name === 'sha1' ? forge.md.sha1.create() : forge.md.sha256.create();
}
