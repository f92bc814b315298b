import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** `x.js.gz` beside `x.js`, which the gateway hands out instead of compressing it for everybody who asks. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  async writeBundle({ dir = '' }, bundle) {
    for (const name of Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name))) {
      const path = join(dir, name);
      await writeFile(`${path}.gz`, await promisify(gzip)(await readFile(path)));
    }
  },
};

/** `npm run dev -w console`: the page as it is edited, with the gateway that `npm start` runs behind it. */
const gateway = process.env.GATEWAY_URL ?? 'http://127.0.0.1:3000';

export default defineConfig({
  // The gateway may be served below a path of its own: nothing is asked for by an absolute address.
  base: './',
  plugins: [react(), compressed],
  resolve: { conditions: ['@kyc-gateway/source', 'module', 'browser', 'development|production'] },
  // The gateway puts a new nonce here for each answer (src/console.ts).
  html: { cspNonce: '{{nonce}}' },
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { proxy: { '/v1': gateway, '/health': gateway } },
});
