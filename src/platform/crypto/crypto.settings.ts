import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { defineSettings, ed25519Key, key32, type LoadedSettings } from '../config';

const namedKey = z
  .string()
  .regex(/^\s*[A-Za-z0-9._-]{1,32}\s*:/, { error: 'must be `id:base64`, comma separated', abort: true })
  .transform((item) => {
    const [id = '', ...key] = item.split(':').map((part) => part.trim());
    return { id, key: key.join(':') };
  })
  .pipe(z.object({ id: z.string(), key: key32() }));

const namedKeys = z
  .string()
  .meta({ writeOnly: true })
  .transform((raw) => raw.split(','))
  .pipe(z.tuple([namedKey], namedKey))
  .refine(
    (keys) => new Set(keys.map(({ id }) => id)).size === keys.length,
    'must name at least one key, each id once',
  );

/** The keys that protect stored data. */
export const cryptoSettings = defineSettings({
  title: 'Keys',
  shared: {
    DATA_ENCRYPTION_KEYS: namedKeys.describe(
      '`id:base64[,id:base64…]`, 32 bytes each; the first encrypts, all decrypt. `npm start` generates one',
    ),
    BLIND_INDEX_KEY: key32().describe(
      '32 bytes in base64; look-ups by phone number and NIK. `npm start` generates one',
    ),
    LEDGER_SIGNING_KEY: ed25519Key().describe(
      'Ed25519 private key, PKCS#8 PEM; signs checkpoints. `npm start` generates one',
    ),
  },
  /** A key that serves two purposes gives both away with one. */
  together({ DATA_ENCRYPTION_KEYS, BLIND_INDEX_KEY, LEDGER_SIGNING_KEY }) {
    const keys = [
      ...DATA_ENCRYPTION_KEYS.map(({ key }) => ['DATA_ENCRYPTION_KEYS', key.reveal()] as const),
      ['BLIND_INDEX_KEY', BLIND_INDEX_KEY.reveal()] as const,
      ['LEDGER_SIGNING_KEY', seedOf(LEDGER_SIGNING_KEY.reveal())] as const,
    ];
    return keys.flatMap(([name, key], index) => {
      const [holder] = keys.slice(0, index).findLast(([, other]) => other.equals(key)) ?? [];
      if (holder === undefined) return [];
      return [
        holder === name
          ? `${name} holds the same key twice`
          : `${name} holds the same key as ${holder}: make one of its own`,
      ];
    });
  },
});

export type CryptoSettings = LoadedSettings<typeof cryptoSettings>;

/** The 32 bytes that an Ed25519 key is made of end its encoding (RFC 8410 §7). */
function seedOf(pem: string): Buffer {
  return createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' }).subarray(-32);
}
