import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { commandBlocks } from '../../launch/command-blocks';
import { customer } from '../support/submission-story';
import { startTestGateway, type TestGateway } from '../support/test-gateway';
import { describeInBrowser, openPage, startBrowser } from './support/browser';
import { pickPictures, signInAtSimasId } from './support/onboarding';

const GUIDE = readFileSync('docs/guides/your-own-front-end.md', 'utf8');
const MEDIA: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };
const TSCONFIG = {
  compilerOptions: {
    ...{ module: 'esnext', moduleResolution: 'bundler', target: 'es2023', noEmit: true, strict: true },
    ...{ lib: ['ES2023', 'DOM', 'DOM.Iterable'], types: [], skipLibCheck: true },
    ...{ allowImportingTsExtensions: true, customConditions: ['@kyc-gateway/source'] },
  },
};
const VITE = `export default { logLevel: 'error', resolve: { conditions: ['@kyc-gateway/source', 'browser', 'module'] } };`;
const run = promisify(execFile);

let gateway: TestGateway;
let browser: Browser;
let folder: string;
let server: Server;

describeInBrowser('the guide for a front-end engineer', () => {
  beforeAll(async () => {
    // Beneath the project, where the page finds its packages.
    folder = mkdtempSync(join('dist', 'guide-'));
    gateway = await startTestGateway();
    browser = await startBrowser();
    for (const [, name = '', code = ''] of GUIDE.matchAll(/^```\w+ ([\w.-]+)\n(.*?)^```$/gms))
      writeFileSync(join(folder, name), here(code));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...TSCONFIG, include: ['*.ts'] }));
    writeFileSync(join(folder, 'vite.config.mjs'), VITE);
    server = createServer(({ url = '/' }, response) => {
      const [path = '/'] = url.split('?');
      const file = join(folder, 'dist', path === '/' ? 'index.html' : path);
      response.setHeader('content-type', MEDIA[extname(file)] ?? 'image/png');
      response.end(path === '/favicon.ico' ? '' : readFileSync(file));
    });
    await new Promise<void>((done) => server.listen(0, 'localhost', done));
  });
  afterAll(async () => {
    server?.close();
    await browser?.close();
    await gateway?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** With the addresses of this test. */
  function here(text: string): string {
    return text
      .replaceAll('http://localhost:3000', gateway.url)
      .replaceAll('http://localhost:4400', gateway.lab.urls.inbox)
      .replaceAll('http://localhost:4401', gateway.lab.urls.simasId);
  }

  it('has code whose types hold, and that takes a person to the result', async () => {
    await Promise.all([
      run(resolve('node_modules/.bin/tsc'), ['-p', folder]),
      run(resolve('node_modules/.bin/vite'), ['build', '--target', 'es2023'], { cwd: folder }),
    ]);
    const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    const { page, faults, close } = await openPage(browser, 360, [
      ...[origin, gateway.url, gateway.lab.urls.simasId],
    ]);
    await page.goto(origin);
    await signInAtSimasId(page, customer().phoneNumber);
    await page.getByRole('checkbox').check();
    await pickPictures(page, 'VALID');
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByRole('status').getByText('Terverifikasi').waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  it('has commands that do what it says', async () => {
    const commands = commandBlocks('docs/guides/your-own-front-end.md')
      .filter(({ notExecuted }) => notExecuted === undefined)
      .map(({ code }) => here(code));
    const { stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', commands.join('')]);
    expect(stdout.replaceAll('\r', '').trim().split('\n')).toEqual([
      'access-control-allow-origin: http://localhost:5173',
      'image/png',
      '{"pending":1}',
      '204',
    ]);
    expect(stderr).toBe('');
    expect(gateway.lab.gtf.storageFaults.pending).toBe(0);
  });
});
