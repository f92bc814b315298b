import { createLog } from '../../platform/logging';
import type { GtfSession } from '../gtf.entity';
import type { Reconciliation } from '../results/reconciliation.service';
import type { SessionRepository } from '../sessions/session.repository';
import { StatusPollProcessor } from './status-poll.processor';

it('a poll that fails for a reason of ours is in the log, and the next one is planned', async () => {
  const from = new Date('2026-11-30T00:00:00Z');
  const session = { businessUnit: 'nanovest', submissionId: 's', pollsFrom: from, polls: 3 } as GtfSession;
  const logLines: string[] = [];
  const planned: unknown[] = [];
  const processor = new StatusPollProcessor(
    { find: () => Promise.resolve(session) } as unknown as SessionRepository,
    {
      ask: () => Promise.reject(new TypeError('a fault')),
      planNextPoll: (...round: unknown[]) => Promise.resolve(void planned.push(round)),
    } as unknown as Reconciliation,
    createLog('debug', { write: (line) => void logLines.push(line) }),
  );
  await processor.process({ businessUnit: 'nanovest', submissionId: 's', from: from.getTime(), poll: 3 });
  expect(planned).toEqual([[session, from]]);
  expect(logLines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ level: 'error', msg: 'GTF could not be asked', submissionId: 's' }),
  ]);
});
