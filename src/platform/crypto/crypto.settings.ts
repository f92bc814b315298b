import {
  custom,
  decodeKey32,
  defineSettings,
  ed25519Key,
  Invalid,
  key32,
  type LoadedSettings,
  Secret,
} from '../config';
import type { NamedKey } from './key-ring';

/** The keys that protect stored data. */
export const cryptoSettings = defineSettings({
  title: 'Keys',
  required: {
    DATA_ENCRYPTION_KEYS: {
      ...custom(
        {
          about:
            '`id:base64[,id:base64…]`, 32 bytes each; the first encrypts, all decrypt. `npm start` generates one',
          secret: true,
        },
        namedKeys,
      ),
      keysIn: (raw: string) => namedKeys(raw).map(({ key }) => key.reveal()),
    },
    BLIND_INDEX_KEY: key32({
      about: '32 bytes in base64; look-ups by phone number and NIK. `npm start` generates one',
    }),
    LEDGER_SIGNING_KEY: ed25519Key({
      about: 'Ed25519 private key, PKCS#8 PEM; signs checkpoints. `npm start` generates one',
    }),
  },
});

export type CryptoSettings = LoadedSettings<typeof cryptoSettings>;

function namedKeys(raw: string): readonly [NamedKey, ...NamedKey[]] {
  const keys = raw.split(',').map((item) => {
    const colon = item.indexOf(':');
    const id = item.slice(0, colon).trim();
    if (colon < 1 || !/^[A-Za-z0-9._-]{1,32}$/.test(id))
      throw new Invalid('must be `id:base64`, comma separated');
    return { id, key: new Secret(decodeKey32(item.slice(colon + 1).trim())) };
  });
  const [first, ...rest] = keys;
  if (first === undefined || new Set(keys.map(({ id }) => id)).size !== keys.length)
    throw new Invalid('must name at least one key, each id once');
  return [first, ...rest];
}
