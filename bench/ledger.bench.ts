import { type Benchmark } from './benchmark';
import { appends } from './ledger/appends';
import { latencies } from './ledger/latencies';
import { verification } from './ledger/verification';
import { openWorkbench } from './ledger/workbench';

export const ledger: Benchmark = {
  name: 'ledger',
  title: 'The ledger: appends, growth, verification of an export, reading a million submissions',
  async run(report) {
    const workbench = await openWorkbench();
    try {
      await appends(workbench, report);
      await verification(workbench, report);
      await latencies(workbench, report);
    } finally {
      await workbench.close();
    }
  },
};
