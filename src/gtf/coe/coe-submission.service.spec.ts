import type { Submission } from '../../kyc-ledger';
import type { Database, Transaction } from '../../platform/database';
import { PartnerError } from '../../platform/outbound';
import { Deadline } from '../../platform/time';
import type { GtfSession } from '../gtf.entity';
import type { CoeClient } from '../partner/coe.client';
import type { PollSchedule } from '../polling/poll-schedule.service';
import type { Reconciliation } from '../results/reconciliation.service';
import type { SessionRepository } from '../sessions/session.repository';
import { CoeConfirmation } from './coe-submission.service';

it('a confirm of which GTF does not tell whether it worked is no refusal, and keeps why', async () => {
  const body = Buffer.from('{}');
  const refusal = (status: number, publicCode?: string): PartnerError =>
    new PartnerError('GTF COE', 'coe', 'refused', { publicCode, answer: { status, headers: {}, body } });
  const session = { family: 'coe', partnerSubmissionId: 'at-gtf' } as GtfSession;
  const confirmation = new CoeConfirmation(
    {
      find: () => Promise.resolve(session),
      person: () => Promise.resolve({ userId: 'user-1', phoneNumber: null, email: null }),
    } as unknown as SessionRepository,
    { start: () => Promise.resolve(new Date()) } as unknown as PollSchedule,
    {
      confirm: () => Promise.reject(refusal(409, 'SUBMISSION_STATE_CONFLICT')),
      status: () => Promise.reject(refusal(404)),
    } as unknown as CoeClient,
    {} as Reconciliation,
    { transaction: (work: (tx: Transaction) => unknown) => work({} as Transaction) } as unknown as Database,
  );
  const confirm = confirmation.confirm({ status: 'open' } as Submission, Deadline.after(1_000));
  await expect(confirm).rejects.toMatchObject({ fault: 'unavailable', cause: 'HTTP 404, JSON' });
});
