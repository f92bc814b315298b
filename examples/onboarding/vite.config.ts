import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  // Inside this repository the client is compiled from its sources; an installed package needs none of this line.
  resolve: { conditions: ['@kyc-gateway/source', 'module', 'browser', 'development|production'] },
  // A strict Content-Security-Policy takes scripts and styles from files alone.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
});
