import { spawnSync } from 'node:child_process';
import { createWriteStream, readFileSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { verifyExport } from '../../launch/verify-ledger-export.mjs';
import { median, type Report } from '../benchmark';
import { UNIT, type Workbench } from './workbench';

const ROUNDS = 9;
const MIN_PER_SECOND = 50_000;

/** An export of the chain that the appends made, verified as an auditor verifies it. */
export async function verification(workbench: Workbench, report: Report): Promise<void> {
  const path = join(workbench.folder, 'export.jsonl');
  const file = createWriteStream(path);
  const { events } = await workbench.exporter.write(UNIT, { kind: 'unit' }, async (line) => {
    if (!file.write(`${line}\n`)) await once(file, 'drain');
  });
  file.end();
  await finished(file);
  const content = readFileSync(path);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    const { code, verdict } = verifyExport([content], workbench.publicKey);
    if (code !== 0) throw new Error(verdict);
    rates.push((events / (performance.now() - started)) * 1000);
  }
  report.figure({
    what: `verification of an export (${events} events of ${(statSync(path).size / events).toFixed(0)} bytes), one core`,
    ours: `${median(rates).toFixed(0)} events/s`,
    floor: { bound: 'at least', limit: MIN_PER_SECOND, value: median(rates), unit: 'events/s' },
  });
  const key = join(workbench.folder, 'ledger.pem');
  writeFileSync(key, workbench.publicKey);
  const started = performance.now();
  const command = spawnSync(process.execPath, ['launch/verify-ledger-export.mjs', path, '--public-key', key]);
  if (command.status !== 0) throw new Error(command.stdout.toString());
  report.note(`the command, started cold: ${((performance.now() - started) / 1000).toFixed(2)} s`);
}
