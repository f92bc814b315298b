import { randomUUID } from 'node:crypto';
import type { Submission } from './projection';
import { RecentSubmissions, type SubmissionWithPerson } from './recent-submissions';

const [id, personId] = [randomUUID(), randomUUID()];

function seen(businessUnit: string, lastSeq: number): SubmissionWithPerson {
  const at = new Date(0);
  const submission: Submission = {
    ...{ businessUnit, id, personId, kind: 'gtf-coe', openedBy: 'user', status: 'open', lastSeq },
    ...{
      partnerEntry: null,
      reasonCode: null,
      verification: null,
      decision: null,
      phoneEntry: null,
      identityEntry: null,
    },
    ...{ createdAt: at, updatedAt: at },
  };
  return { submission, person: { id: personId, key_id: null, wrapped_key: null, restricted_until: null } };
}

describe('A process', () => {
  it('remembers of a submission what it saw last, each unit by itself', () => {
    const recent = new RecentSubmissions();
    recent.remember(seen('nanovest', 1));
    recent.remember(seen('nanovest', 2));
    expect(recent.get('nanovest', id)?.submission.lastSeq).toBe(2);
    expect(recent.get('siminvest', id)).toBeUndefined();
    recent.forget('nanovest', id);
    expect(recent.get('nanovest', id)).toBeUndefined();
  });

  it('forgets after five minutes, and the keys of people with it', () => {
    let now = 0;
    const recent = new RecentSubmissions(() => now);
    recent.remember(seen('nanovest', 1));
    now = 5 * 60_000;
    expect(recent.get('nanovest', id)).toBeDefined();
    now += 1;
    expect(recent.get('nanovest', id)).toBeUndefined();
  });
});
