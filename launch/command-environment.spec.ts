import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withEnvironmentOf } from './command-environment';
import { lockFolder } from './folder-lock';

jest.mock('./build', () => ({ buildWhenStale: () => Promise.resolve(false) }));

describe('The ledger’s command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('says what to do while npm start is coming up', async () => {
    process.env['DATA_DIR'] = folder;
    delete process.env['DATABASE_URL'];
    writeFileSync(join(folder, 'postgres.json'), '{}');
    lockFolder(folder, 'http://127.0.0.1:3000');
    await expect(withEnvironmentOf('ledger', () => Promise.resolve())).rejects.toThrow(
      'run this again once it is ready',
    );
  });
});
