import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** `x.js.gz` beside `x.js`, which the gateway hands out instead of compressing it for everybody who asks. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  async generateBundle(_options, bundle) {
    for (const [fileName, file] of Object.entries(bundle)) {
      if (!/\.(js|css)$/.test(fileName)) continue;
      const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source);
      this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source: await promisify(gzip)(bytes) });
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
